//! baresip over `ctrl_tcp`.

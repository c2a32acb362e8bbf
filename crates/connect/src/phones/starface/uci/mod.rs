//! UCI, XML-RPC in three generations (facts/starface.md section 1, facts/starface-uci.json).

pub mod calls;
pub mod methods;
pub mod xml;

//! The hook: any program reports a call.

//! Where tokens and passwords rest.

//! Sign-in at Microsoft Entra, and the tokens.

//! Microsoft Graph: presence.

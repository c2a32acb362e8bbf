//! Where access tokens come from, as Graph sees it.

use super::GraphError;
use offhook_engine::fault::Fault;
use secrecy::SecretString;
use std::future::Future;

/// A signed-in person's access tokens.
pub trait Tokens: Sync {
    /// One that is good for a while: a stored one, else a fresh one.
    fn access_token(&self) -> impl Future<Output = Result<SecretString, Fault>> + Send;

    /// Graph refused this one: it is not to be given out again, and what comes next is a fresh one.
    fn refused(&self, token: &SecretString) -> impl Future<Output = ()> + Send;
}

/// Runs an operation with an access token; after a 401 once more with a fresh one. A second 401 means that the
/// person has to sign in.
///
/// # Errors
/// The fault of the token or of the operation.
pub async fn with_token<P, T, F>(tokens: &P, operation: impl Fn(SecretString) -> F) -> Result<T, Fault>
where
    P: Tokens,
    F: Future<Output = Result<T, GraphError>>,
{
    let token = tokens.access_token().await?;
    match operation(token.clone()).await {
        Ok(value) => Ok(value),
        Err(GraphError::TokenRefused { .. }) => {
            tokens.refused(&token).await;
            operation(tokens.access_token().await?)
                .await
                .map_err(|error| error.fault())
        }
        Err(error) => Err(error.fault()),
    }
}

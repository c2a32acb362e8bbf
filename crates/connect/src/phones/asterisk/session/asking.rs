//! Sends actions, those that belong together in one go, and collects their answers, hearing events all the while.

use super::super::error::Error;
use super::super::wire::{Action, Message};
use super::{Session, is_denied};
use tokio::time::{Instant, timeout_at};

/// An action, and where its answer ends.
#[derive(Debug)]
pub(super) struct Question {
    action: Action,
    end: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    /// With its one response.
    Response,
    /// With the first item of that name, since old versions send no end after a single one.
    FirstItem(&'static str),
    /// With the end of a list of such items.
    List(&'static str),
}

impl Question {
    pub(super) const fn one(action: Action) -> Self {
        Self {
            action,
            end: End::Response,
        }
    }

    pub(super) const fn first(action: Action, item: &'static str) -> Self {
        Self {
            action,
            end: End::FirstItem(item),
        }
    }

    pub(super) const fn list(action: Action, item: &'static str) -> Self {
        Self {
            action,
            end: End::List(item),
        }
    }

    /// The answer, if it is complete with this message.
    fn answered(&self, message: Message, items: &mut Vec<Message>) -> Option<Answer> {
        if is_denied(&message) {
            return Some(Err(Error::NotPermitted(self.action.name())));
        }
        let item = match self.end {
            End::Response => return message.is_response().then(|| Ok(Some(vec![message]))),
            End::FirstItem(item) | End::List(item) => item,
        };
        if message.value("Response") == Some("Error") {
            return Some(Ok(None));
        }
        if message.event() == Some(item) {
            items.push(message);
            return match self.end {
                End::FirstItem(_) => Some(Ok(Some(std::mem::take(items)))),
                End::Response | End::List(_) => None,
            };
        }
        let ends = matches!(message.value("EventList"), Some("Complete" | "Cancelled"));
        ends.then(|| Ok(Some(std::mem::take(items))))
    }
}

/// The response, or the items of a list. `None`: a list that was answered with an error, which for database entries
/// means that there is none. `Err`: the right is missing.
pub(super) type Answer = Result<Option<Vec<Message>>, Error>;

impl Session {
    /// Sends an action and waits for its response.
    pub(super) async fn ask(&mut self, action: Action) -> Result<Message, Error> {
        let response = self.ask_one(Question::one(action)).await?;
        Ok(response.into_iter().flatten().next().unwrap_or_default())
    }

    pub(super) async fn ask_one(&mut self, question: Question) -> Answer {
        let answer = self.ask_all(vec![question]).await?.pop();
        answer.unwrap_or(Ok(None))
    }

    /// Sends all questions in one go, and returns their answers in the same order. Each answer on its way puts off the
    /// time-out of the rest.
    ///
    /// # Errors
    /// What became of the connection.
    pub(super) async fn ask_all(&mut self, questions: Vec<Question>) -> Result<Vec<Answer>, Error> {
        let actions = questions.iter().map(|question| &question.action);
        let ids = self.connection.send_all(actions).await?;
        let mut deadline = Instant::now() + self.config.timing.answer;
        let mut answers: Vec<Option<Answer>> = questions.iter().map(|_| None).collect();
        let mut items: Vec<Vec<Message>> = questions.iter().map(|_| Vec::new()).collect();
        while answers.iter().any(Option::is_none) {
            let message = self.next_before(deadline).await?;
            let asked = ids.iter().position(|id| message.value("ActionID") == Some(id));
            let slot =
                asked.and_then(|at| Some((questions.get(at)?, items.get_mut(at)?, answers.get_mut(at)?)));
            match slot {
                Some((question, items, answer @ None)) => {
                    *answer = question.answered(message, items);
                    if answer.is_some() {
                        deadline = Instant::now() + self.config.timing.answer;
                    }
                }
                // What follows the part that was enough.
                Some((_, _, Some(_))) => {}
                None => self.handle(&message)?,
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    async fn next_before(&mut self, deadline: Instant) -> Result<Message, Error> {
        match timeout_at(deadline, self.connection.next()).await {
            Ok(message) => {
                self.heard_at = Instant::now();
                message
            }
            Err(_elapsed) => Err(self.connection.timed_out()),
        }
    }
}

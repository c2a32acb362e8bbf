//! A real gnome-keyring on the desk's bus: open, locked, or coming later. Without this fixture there is none.

use std::collections::HashMap;

use zbus::Connection;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::{Desk, LIMIT};
use crate::places;
use crate::process::Running;
use crate::runtime::block_on;
use crate::wait::wait_for;

const SERVICE: &str = "org.freedesktop.secrets";
const PASSWORD: &str = "lab-password\n";

/// A running keyring daemon. One fresh daemon per state: a daemon that was locked can't be opened without a person.
#[derive(Debug)]
pub struct Keyring {
    _daemon: Running,
    connection: Connection,
}

impl Keyring {
    /// Opened at sign-in, as on a person's desk.
    ///
    /// # Panics
    /// When there is no open collection after 15 s.
    pub fn open(desk: &Desk) -> Self {
        // Unlocked by its own start: touching the service earlier would start a locked one.
        let keyring = Self::start(desk, &["--unlock"], PASSWORD);
        wait_for(LIMIT, "an open keyring", || {
            (keyring.locked() == Some(false)).then_some(())
        });
        keyring
    }

    /// There and locked, with what an earlier open one kept.
    ///
    /// # Panics
    /// When it isn't locked after 15 s.
    pub fn locked_one(desk: &Desk) -> Self {
        // The collection must exist before it can be a locked one.
        drop(Self::open(desk));
        let connection = desk.connect();
        wait_for(LIMIT, "the open keyring to end", || {
            (!super::has_owner(&connection, SERVICE)).then_some(())
        });
        let keyring = Self::start(desk, &[], "");
        wait_for(LIMIT, "a locked keyring", || {
            (keyring.locked() == Some(true)).then_some(())
        });
        keyring
    }

    /// Locks it, as a screen saver may.
    ///
    /// # Panics
    /// When it stays open.
    pub fn lock(&self) {
        let collection = self.collection().expect("a collection");
        block_on(async {
            let message = (vec![collection],);
            let path = "/org/freedesktop/secrets";
            let interface = Some("org.freedesktop.Secret.Service");
            self.connection
                .call_method(Some(SERVICE), path, interface, "Lock", &message)
                .await
        })
        .expect("the keyring to lock");
        wait_for(LIMIT, "a locked keyring", || {
            (self.locked() == Some(true)).then_some(())
        });
    }

    /// Opens it again, as a person who types the password does. The Secret Service itself has no way to do that
    /// without a dialog; this is what the keyring's own programs use.
    ///
    /// # Panics
    /// When it stays locked.
    pub fn unlock(&self) {
        let collection = self.collection().expect("a collection");
        let path = "/org/freedesktop/secrets";
        block_on(async {
            let interface = Some("org.freedesktop.Secret.Service");
            let plain = ("plain", Value::from(""));
            let answer = self
                .connection
                .call_method(Some(SERVICE), path, interface, "OpenSession", &plain)
                .await?;
            let (_, session): (OwnedValue, OwnedObjectPath) = answer.body().deserialize()?;
            let password = (
                session,
                Vec::<u8>::new(),
                PASSWORD.as_bytes().to_vec(),
                "text/plain",
            );
            let interface = Some("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface");
            let message = (collection, password);
            self.connection
                .call_method(
                    Some(SERVICE),
                    path,
                    interface,
                    "UnlockWithMasterPassword",
                    &message,
                )
                .await
        })
        .expect("the keyring to take its password");
        wait_for(LIMIT, "an open keyring", || {
            (self.locked() == Some(false)).then_some(())
        });
    }

    /// The attributes of everything that is kept, without the secrets.
    ///
    /// # Panics
    /// When the keyring doesn't answer.
    pub fn items(&self) -> Vec<HashMap<String, String>> {
        let Some(collection) = self.collection() else {
            return Vec::new();
        };
        block_on(async {
            let items: Vec<OwnedObjectPath> = property(
                &self.connection,
                &collection,
                "org.freedesktop.Secret.Collection",
                "Items",
            )
            .await?;
            let mut found = Vec::new();
            for item in items {
                let interface = "org.freedesktop.Secret.Item";
                // One that was removed meanwhile is not kept any more.
                if let Ok(attributes) = property(&self.connection, &item, interface, "Attributes").await {
                    found.push(attributes);
                }
            }
            Ok::<_, zbus::Error>(found)
        })
        .expect("the keyring's items")
    }

    /// Whether the default collection is locked; `None` while there is none.
    pub fn locked(&self) -> Option<bool> {
        let collection = self.collection()?;
        let interface = "org.freedesktop.Secret.Collection";
        block_on(property(&self.connection, &collection, interface, "Locked")).ok()
    }

    fn collection(&self) -> Option<OwnedObjectPath> {
        let path = "/org/freedesktop/secrets";
        let interface = Some("org.freedesktop.Secret.Service");
        let answer = block_on(async {
            self.connection
                .call_method(Some(SERVICE), path, interface, "ReadAlias", &("default",))
                .await
        });
        let collection: OwnedObjectPath = answer.ok()?.body().deserialize().ok()?;
        (collection.as_str() != "/").then_some(collection)
    }

    fn start(desk: &Desk, arguments: &[&str], input: &str) -> Self {
        let mut command = desk.command(places::system_program("gnome-keyring-daemon"));
        command
            .args(["--foreground", "--components=secrets"])
            .args(arguments);
        let daemon = Running::start_with_input("gnome-keyring-daemon", command, input);
        desk.wait_name(SERVICE);
        Self {
            _daemon: daemon,
            connection: desk.connect(),
        }
    }
}

async fn property<T>(
    connection: &Connection,
    path: &OwnedObjectPath,
    interface: &str,
    name: &str,
) -> zbus::Result<T>
where
    T: TryFrom<zbus::zvariant::OwnedValue>,
    T::Error: Into<zbus::Error>,
{
    let properties = Some("org.freedesktop.DBus.Properties");
    let answer = connection
        .call_method(Some(SERVICE), path, properties, "Get", &(interface, name))
        .await?;
    let body = answer.body();
    let value: Value<'_> = body.deserialize()?;
    T::try_from(value.try_to_owned()?).map_err(Into::into)
}

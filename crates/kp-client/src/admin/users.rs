//! Users that log in by SCRAM.

use kp_core::most_alike;
use kp_rdkafka::admin::{self, Acl, AdminError, ItemError, Named, NewLogin};
use kp_rdkafka::admin::{ScramCredential, ScramMechanism};
use rdkafka::error::RDKafkaErrorCode as Code;

use super::Admin;
use super::acls::Purpose;
use crate::HAS_TLS;
use crate::error::Error;

/// A user that has a SCRAM password, or several, each for a mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScramUser {
    /// The user's name, without `User:`.
    pub name: String,
    /// By mechanism.
    pub credentials: Vec<ScramCredential>,
}

impl Admin {
    /// The users that have a SCRAM password, by name.
    ///
    /// # Errors
    /// The embedded broker; a user who may not see them; no answer in time.
    pub fn scram_users(&self, purpose: Purpose) -> Result<Vec<ScramUser>, Error> {
        self.needs_kafka("keep users")?;
        self.is_administrator("cannot list users", purpose)?;
        let asked = self.ask(|left| admin::describe_users(self.client(), left));
        let users = asked.answer.map_err(|error| self.failed("cannot list users", error))?;
        users
            .into_iter()
            .map(|user| {
                let what = format!("cannot describe user {}", user.name);
                let mut credentials =
                    user.result.map_err(|error| self.user_error(&what, error, "Describe"))?;
                credentials.sort_by_key(|credential| credential.mechanism);
                Ok(ScramUser { name: user.name, credentials })
            })
            .collect()
    }

    /// Whether this build can make a password's hash, which takes OpenSSL.
    ///
    /// # Errors
    /// A build without TLS.
    pub fn check_can_hash() -> Result<(), Error> {
        if HAS_TLS {
            return Ok(());
        }
        Err(Error::NeedsTls { setting: "users set".to_owned(), program: "kp-admin".to_owned() })
    }

    /// Gives a user this password.
    ///
    /// # Errors
    /// A build without TLS; the embedded broker; what the broker refuses; no answer in time.
    pub fn set_scram_user(
        &self,
        user: &str,
        credential: ScramCredential,
        password: &str,
    ) -> Result<(), Error> {
        self.needs_kafka("keep users")?;
        Self::check_can_hash()?;
        self.is_administrator(&format!("cannot set the password of user {user}"), Purpose::Change)?;
        let logins = [NewLogin { user, credential, password }];
        let asked = self.ask(|left| admin::set_logins(self.client(), &logins, left));
        self.user_changed(&format!("cannot set the password of user {user}"), asked.answer)?;
        // Another password by as many iterations looks like the one before.
        self.until_all_know_login(user, credential.mechanism, Some(credential.iterations));
        Ok(())
    }

    /// Takes a user's passwords for these mechanisms away.
    ///
    /// # Errors
    /// The embedded broker; what the broker refuses; no answer in time.
    pub fn delete_scram_user(
        &self,
        user: &str,
        mechanisms: &[ScramMechanism],
    ) -> Result<(), Error> {
        self.needs_kafka("keep users")?;
        // A broker takes one change of a user in a request, and there are two mechanisms.
        for mechanism in mechanisms {
            let logins = [(user, *mechanism)];
            let asked = self.ask(|left| admin::delete_logins(self.client(), &logins, left));
            let what = format!("cannot delete the password for {mechanism} of user {user}");
            self.user_changed(&what, asked.answer)?;
            self.until_all_know_login(user, *mechanism, None);
        }
        Ok(())
    }

    /// There is no user of this name among these.
    pub fn no_user(&self, name: &str, users: &[ScramUser]) -> Error {
        let names = users.iter().map(|user| user.name.as_str());
        let advice = most_alike(name, names).map_or_else(
            || "`kp-admin users list` shows those that have".to_owned(),
            |nearest| format!("did you mean {nearest}?"),
        );
        Error::Lacking(format!("user {name} has no SCRAM password on {}; {advice}", self.broker()))
    }

    fn user_changed(
        &self,
        what: &str,
        answer: Result<Vec<Named<()>>, AdminError>,
    ) -> Result<(), Error> {
        let answers = answer.map_err(|error| self.failed(what, error).needs(acl("Alter")))?;
        match answers.into_iter().find_map(|answer| answer.result.err()) {
            Some(error) => Err(self.user_error(what, error, "Alter")),
            None => Ok(()),
        }
    }

    fn user_error(&self, what: &str, error: ItemError, operation: &str) -> Error {
        // The broker's own words: such as too few iterations, or a name that is reserved.
        if error.code == Code::UnacceptableCredential {
            return Error::Lacking(format!("{what} on {}: {}", self.broker(), error.text));
        }
        self.refused(what, error).needs(acl(operation))
    }
}

fn acl(operation: &str) -> String {
    format!("{operation} on cluster {}", Acl::CLUSTER)
}

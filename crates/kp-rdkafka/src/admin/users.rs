//! Users that log in by SCRAM, whose passwords the cluster itself keeps, salted and hashed.
#![expect(unsafe_code, reason = "makes librdkafka's arguments and reads its results")]

use std::ffi::c_int;
use std::fmt;
use std::time::Duration;

use rdkafka::bindings as sys;
use sys::rd_kafka_ScramMechanism_t as RawMechanism;

use super::error::{self, AdminError, Named, c_text};
use super::request::{Kind, Pending, Request, Whom};
use crate::client::Client;
use crate::native::{self, Owned, array, text};

const DESCRIBE_USERS: Kind = Kind {
    name: "list users",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBEUSERSCRAMCREDENTIALS,
    answer: sys::RD_KAFKA_EVENT_DESCRIBEUSERSCRAMCREDENTIALS_RESULT,
};
const ALTER_USERS: Kind = Kind {
    name: "change users",
    operation: sys::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_ALTERUSERSCRAMCREDENTIALS,
    answer: sys::RD_KAFKA_EVENT_ALTERUSERSCRAMCREDENTIALS_RESULT,
};

/// How a password is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ScramMechanism {
    /// `SCRAM-SHA-256`
    Sha256,
    /// `SCRAM-SHA-512`
    Sha512,
    /// One that librdkafka does not know.
    Other,
}

impl fmt::Display for ScramMechanism {
    /// As Kafka's own tools print it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
            Self::Other => "unknown",
        })
    }
}

impl ScramMechanism {
    fn raw(self) -> RawMechanism {
        match self {
            Self::Sha256 => RawMechanism::RD_KAFKA_SCRAM_MECHANISM_SHA_256,
            Self::Sha512 => RawMechanism::RD_KAFKA_SCRAM_MECHANISM_SHA_512,
            Self::Other => RawMechanism::RD_KAFKA_SCRAM_MECHANISM_UNKNOWN,
        }
    }

    fn of(number: c_int) -> Self {
        match number {
            1 => Self::Sha256,
            2 => Self::Sha512,
            _ => Self::Other,
        }
    }
}

/// That a user has a password, and how it is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScramCredential {
    /// The mechanism.
    pub mechanism: ScramMechanism,
    /// How often it is hashed.
    pub iterations: i32,
}

/// A password that a user is to have. It has no `Debug`, which would show it.
pub struct NewLogin<'a> {
    /// The user.
    pub user: &'a str,
    /// How it is hashed.
    pub credential: ScramCredential,
    /// The password.
    pub password: &'a str,
}

/// All users that have a SCRAM password, by name.
///
/// librdkafka 2.12.1 frees memory that it did not allocate when the broker refuses the whole
/// request, as to a user without `Describe` on the cluster: **the process ends**. So
/// [`cluster_operations`](super::cluster_operations) is to be asked before.
///
/// # Errors
/// [`AdminError`]; what fails for one user is an error of its own in the answer.
pub fn describe_users(
    client: &Client,
    timeout: Duration,
) -> Result<Vec<Named<Vec<ScramCredential>>>, AdminError> {
    ask_users(client, Whom::Any, timeout)?.wait()
}

/// As [`describe_users`], with the same danger, without waiting for the answer.
///
/// # Errors
/// [`AdminError`], when it cannot even be asked.
pub fn ask_users(
    client: &Client,
    whom: Whom,
    timeout: Duration,
) -> Result<Pending<Vec<Named<Vec<ScramCredential>>>>, AdminError> {
    let request = Request::new(client, DESCRIBE_USERS, timeout)?.of(whom)?;
    // SAFETY: client, options and queue are alive; no users are named, which means all.
    let sent = request.send(|client, options, queue| unsafe {
        sys::rd_kafka_DescribeUserScramCredentials(client, std::ptr::null_mut(), 0, options, queue);
    });
    Ok(Pending::new(sent, read_users))
}

fn read_users(event: *mut sys::rd_kafka_event_t) -> Vec<Named<Vec<ScramCredential>>> {
    // SAFETY: the event is of this kind, and what is read from it lives as long as it does.
    let mut users: Vec<_> = unsafe {
        let result = sys::rd_kafka_event_DescribeUserScramCredentials_result(event);
        array(|count| sys::rd_kafka_DescribeUserScramCredentials_result_descriptions(result, count))
            .into_iter()
            .map(|user| read_user(user))
            .collect()
    };
    users.sort_by(|one: &Named<_>, other| one.name.cmp(&other.name));
    users
}

/// # Safety
/// `user` is a description that lives during this call.
unsafe fn read_user(
    user: *const sys::rd_kafka_UserScramCredentialsDescription_t,
) -> Named<Vec<ScramCredential>> {
    // SAFETY: a description by this function's contract, and its parts live as long as it does.
    unsafe {
        let name = text(sys::rd_kafka_UserScramCredentialsDescription_user(user));
        let error = error::read(sys::rd_kafka_UserScramCredentialsDescription_error(user));
        let credentials = || {
            let count =
                sys::rd_kafka_UserScramCredentialsDescription_scramcredentialinfo_count(user);
            (0..count)
                .map(|index| {
                    sys::rd_kafka_UserScramCredentialsDescription_scramcredentialinfo(user, index)
                })
                .filter(|info| !info.is_null())
                .map(|info| ScramCredential {
                    mechanism: ScramMechanism::of(native::rd_kafka_ScramCredentialInfo_mechanism(
                        info,
                    )),
                    iterations: sys::rd_kafka_ScramCredentialInfo_iterations(info),
                })
                .collect()
        };
        Named {
            name: name.unwrap_or_default(),
            result: error.map_or_else(|| Ok(credentials()), Err),
        }
    }
}

/// Gives users these passwords, each with a new random salt. It takes the feature `tls`.
///
/// # Errors
/// [`AdminError`]; what fails for one user is an error of its own in the answer.
pub fn set_logins(
    client: &Client,
    logins: &[NewLogin<'_>],
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    let new = |login: &NewLogin<'_>| {
        let user = c_text(ALTER_USERS.name, "user", login.user)?;
        // SAFETY: the texts are alive, as long as is said, and copied; without a salt librdkafka
        // makes one. What is made is ours to free.
        Ok(unsafe {
            change(sys::rd_kafka_UserScramCredentialUpsertion_new(
                user.as_ptr(),
                login.credential.mechanism.raw(),
                login.credential.iterations,
                login.password.as_ptr(),
                login.password.len(),
                std::ptr::null(),
                0,
            ))
        })
    };
    alter(client, logins.iter().map(new).collect::<Result<Vec<_>, _>>()?, timeout)
}

/// Takes users' passwords away, for one mechanism each.
///
/// # Errors
/// [`AdminError`]; what fails for one user is an error of its own in the answer.
pub fn delete_logins(
    client: &Client,
    logins: &[(&str, ScramMechanism)],
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    let new = |(user, mechanism): &(&str, ScramMechanism)| {
        let user = c_text(ALTER_USERS.name, "user", user)?;
        // SAFETY: the text is alive, and copied; what is made is ours to free.
        Ok(unsafe {
            change(sys::rd_kafka_UserScramCredentialDeletion_new(user.as_ptr(), mechanism.raw()))
        })
    };
    alter(client, logins.iter().map(new).collect::<Result<Vec<_>, _>>()?, timeout)
}

type Change = Owned<sys::rd_kafka_UserScramCredentialAlteration_t>;

/// # Safety
/// `raw` is null or given away by the caller.
unsafe fn change(raw: *mut sys::rd_kafka_UserScramCredentialAlteration_t) -> Option<Change> {
    // SAFETY: by this function's contract, and this is the function that frees it.
    unsafe { Owned::new(raw, sys::rd_kafka_UserScramCredentialAlteration_destroy) }
}

fn alter(
    client: &Client,
    changes: Vec<Option<Change>>,
    timeout: Duration,
) -> Result<Vec<Named<()>>, AdminError> {
    let changes: Vec<Change> = changes.into_iter().flatten().collect();
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let request = Request::new(client, ALTER_USERS, timeout)?;
    // SAFETY: function and event are of this kind, and what is read lives as long as the event.
    unsafe {
        request.send_all(sys::rd_kafka_AlterUserScramCredentials, &changes).wait(|event| {
            let result = sys::rd_kafka_event_AlterUserScramCredentials_result(event);
            array(|count| sys::rd_kafka_AlterUserScramCredentials_result_responses(result, count))
                .into_iter()
                .map(|response| Named {
                    name: text(sys::rd_kafka_AlterUserScramCredentials_result_response_user(
                        response,
                    ))
                    .unwrap_or_default(),
                    result: error::read(
                        sys::rd_kafka_AlterUserScramCredentials_result_response_error(response),
                    )
                    .map_or(Ok(()), Err),
                })
                .collect()
        })
    }
}

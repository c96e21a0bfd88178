//! What can go wrong between the settings and the broker, by the class that decides the exit code.

use kp_settings::SettingsError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::words::words;

/// What kind of failure it is; each program ends with the same exit code for the same class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A setting is wrong, alone or together with another.
    Settings,
    /// The broker is not reachable, refuses access, has no such topic or group, or cannot do what
    /// was asked.
    Broker,
    /// Messages were not delivered, or cannot be read.
    Messages,
    /// Another instance took over.
    Fenced,
    /// Anything else.
    Other,
}

/// A failure of the client.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings do not lead to librdkafka properties.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// librdkafka refuses a property's value.
    #[error("{setting}, from {origin}: librdkafka refuses {name}: {reason}")]
    Property {
        /// The setting's key, or the raw property's.
        setting: String,
        /// Where it was set.
        origin: String,
        /// librdkafka's name for it.
        name: String,
        /// Its reason, without the value of a secret.
        reason: String,
    },
    /// librdkafka refuses the properties together.
    #[error("librdkafka cannot work with these settings: {0}; `--show-config` lists them")]
    Properties(String),
    /// TLS and SASL are not in this build.
    #[error(
        "{setting} needs TLS or SASL, which this build does not have; build it with the feature `tls`: \
         `cargo xtask install --tls`, or `cargo run -p {program} --features tls`"
    )]
    NeedsTls {
        /// The setting that asks for it.
        setting: String,
        /// The program to build again.
        program: String,
    },
    /// The first contact failed. The text has several lines.
    #[error("{0}")]
    Unreachable(String),
    /// A topic that is needed does not exist.
    #[error("topic {topic} does not exist on {broker}; {advice}")]
    NoTopic {
        /// The topic.
        topic: String,
        /// The broker that was asked.
        broker: String,
        /// What can be done.
        advice: String,
    },
    /// No topic matches a pattern; the text names it and the broker.
    #[error("{0}")]
    NoMatch(String),
    /// A group that is asked about does not exist; the text names it and the broker.
    #[error("{0}")]
    NoGroup(String),
    /// The broker refuses this user.
    #[error("{what}: the broker refuses access ({code:?}); {}", ask_for(acl.as_deref()))]
    Refused {
        /// What was refused, with the name of the topic or group.
        what: String,
        /// Kafka's error.
        code: RDKafkaErrorCode,
        /// The ACL that would allow it, such as `Write on topic t`, where that is known.
        acl: Option<String>,
    },
    /// The embedded broker lacks something that a real one has.
    #[error(
        "the embedded broker cannot {what}; a real Kafka can: `cargo xtask down`, then `cargo xtask up`"
    )]
    Embedded {
        /// What it cannot do.
        what: String,
    },
    /// A partition that is needed does not exist, or has no leader; the text names it.
    #[error("{0}")]
    NoPartition(String),
    /// A group has members, and what was asked needs it to be without. A line for each follows the
    /// first.
    #[error("{}", .0.join("\n"))]
    InUse(Vec<String>),
    /// The cluster is not made for this request; the text says what it lacks.
    #[error("{0}")]
    Lacking(String),
    /// A group is of a type, or works in a way, that this request cannot have; the text names it.
    #[error("{0}")]
    OtherType(String),
    /// No progress for too long.
    #[error("{0}")]
    Stalled(String),
    /// Messages are gone before they were read, or the log is another, and that ends the run.
    #[error(
        "{0}; nothing past that is committed (--on-gap fail); --on-gap warn says so and goes on"
    )]
    Gap(String),
    /// A message was not acknowledged in its time, and nothing is sent any more.
    #[error("{0}")]
    Overdue(String),
    /// A ledger, or a list of what was delivered, cannot be written.
    #[error(transparent)]
    Journal(#[from] kp_audit::JournalError),
    /// A topic or group is not as the request needs it; the text names it and says what to do.
    #[error("{0}")]
    Unsuited(String),
    /// Several topics of one request failed, each for its own reason; one at least.
    #[error("{}", one_a_line(.0))]
    Several(Vec<Error>),
    /// Another instance with the same identity took over.
    #[error("fenced: another instance took over ({0:?})")]
    Fenced(RDKafkaErrorCode),
    /// librdkafka's own code, at a known step.
    #[error("{step}: {}", words(*code))]
    Code {
        /// What was tried, on which topic, group or broker.
        step: String,
        /// librdkafka's code.
        code: RDKafkaErrorCode,
    },
}

impl Error {
    /// The class, for the exit code.
    pub fn class(&self) -> Class {
        match self {
            Self::Settings(_)
            | Self::Property { .. }
            | Self::Properties(_)
            | Self::NeedsTls { .. } => Class::Settings,
            Self::Unreachable(_)
            | Self::NoTopic { .. }
            | Self::NoMatch(_)
            | Self::NoGroup(_)
            | Self::Refused { .. }
            | Self::NoPartition(_)
            | Self::InUse(_)
            | Self::Embedded { .. }
            | Self::Lacking(_)
            | Self::OtherType(_)
            | Self::Stalled(_) => Class::Broker,
            Self::Gap(_) => Class::Messages,
            Self::Fenced(_) => Class::Fenced,
            Self::Overdue(_) => Class::Messages,
            Self::Code { code, .. } => class_of(*code),
            Self::Several(errors) => errors.first().map_or(Class::Other, Self::class),
            Self::Unsuited(_) | Self::Journal(_) => Class::Other,
        }
    }

    /// What there is to say, line by line: further lines of the same error are indented. A newline
    /// within one came from outside.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Unreachable(text) => text.split('\n').map(str::to_owned).collect(),
            Self::InUse(lines) => lines.clone(),
            Self::Several(errors) => errors.iter().flat_map(Self::lines).collect(),
            other => vec![other.to_string()],
        }
    }

    /// These failures, of which there is one at least, as one.
    pub fn one_of(mut failures: Vec<Self>) -> Self {
        match failures.pop() {
            Some(only) if failures.is_empty() => only,
            last => {
                failures.extend(last);
                Self::Several(failures)
            }
        }
    }

    /// rust-rdkafka's error at a step, as the class of error that it is.
    pub(crate) fn of(step: impl Into<String>, error: &KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(code) => Self::at(step, code),
            None => Self::Unsuited(format!("{}: {error}", step.into())),
        }
    }

    /// Says which ACL a refusal is for want of, such as `Write on topic t`; any other error stays
    /// as it is.
    pub(crate) fn needs(mut self, needed: impl Into<String>) -> Self {
        if let Self::Refused { acl, .. } = &mut self {
            *acl = Some(needed.into());
        }
        self
    }

    /// librdkafka's code at a step, as the class of error that it is.
    pub(crate) fn at(step: impl Into<String>, code: RDKafkaErrorCode) -> Self {
        let step = step.into();
        if is_refusal(code) {
            return Self::Refused { what: step, code, acl: None };
        }
        if is_fenced(code) {
            return Self::Fenced(code);
        }
        Self::Code { step, code }
    }
}

fn ask_for(acl: Option<&str>) -> String {
    let acl = acl.map_or_else(String::new, |acl| format!(" {acl}"));
    format!("ask for the ACL{acl}, or log in as another user (kafka.sasl_username)")
}

fn one_a_line(errors: &[Error]) -> String {
    let lines: Vec<_> = errors.iter().map(Error::to_string).collect();
    lines.join("\n")
}

/// Whether another instance with the same identity took over.
pub(crate) fn is_fenced(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::Fenced | Code::FencedInstanceId | Code::ProducerFenced | Code::InvalidProducerEpoch
    )
}

/// Whether Kafka says that this user may not.
pub(crate) fn is_refusal(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication
    )
}

/// Whether no broker, or not the one that is needed, could be asked.
pub(crate) fn is_unreachable(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::WaitingForCoordinator
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
    )
}

fn class_of(code: RDKafkaErrorCode) -> Class {
    use RDKafkaErrorCode as Code;
    match code {
        code if is_refusal(code) || is_unreachable(code) => Class::Broker,
        Code::Resolve
        | Code::SSL
        | Code::UnsupportedFeature
        | Code::UnsupportedVersion
        | Code::InvalidSessionTimeout
        | Code::GroupMaxSizeReached
        | Code::UnsupportedAssignor
        | Code::InconsistentGroupProtocol => Class::Broker,
        Code::MessageTimedOut | Code::QueueFull | Code::MessageSizeTooLarge => Class::Messages,
        _ => Class::Other,
    }
}

//! The kinds of failure, few and always the same: a sentence says more, and there is one for each
//! case.

use rdkafka::error::RDKafkaErrorCode as Code;

/// Why a message failed, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It was not acknowledged within the delivery timeout.
    TimedOut,
    /// It was not sent any more, because the delivery timeout of one before it was over.
    NotSent,
    /// It, or its batch, is larger than kp or the topic takes.
    TooLarge,
    /// This user may not write there.
    NotAuthorized,
    /// There is no such topic or partition.
    UnknownTopicOrPartition,
    /// Too few replicas are in sync.
    NotEnoughReplicas,
    /// The topic does not take such a message.
    InvalidRecord,
    /// Its transaction was aborted.
    TransactionAborted,
    /// Anything else.
    Other,
}

impl FailureKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::TimedOut,
        Self::NotSent,
        Self::TooLarge,
        Self::NotAuthorized,
        Self::UnknownTopicOrPartition,
        Self::NotEnoughReplicas,
        Self::InvalidRecord,
        Self::TransactionAborted,
        Self::Other,
    ];

    /// The word, as `timed_out`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::NotSent => "not_sent",
            Self::TooLarge => "too_large",
            Self::NotAuthorized => "not_authorized",
            Self::UnknownTopicOrPartition => "unknown_topic_or_partition",
            Self::NotEnoughReplicas => "not_enough_replicas",
            Self::InvalidRecord => "invalid_record",
            Self::TransactionAborted => "transaction_aborted",
            Self::Other => "other",
        }
    }

    /// The kind of a failure with this code; `gave_up` is whether all was given up by then.
    pub(super) fn of(code: Code, gave_up: bool) -> Self {
        match code {
            Code::MessageTimedOut | Code::RequestTimedOut | Code::OperationTimedOut => {
                Self::TimedOut
            }
            Code::PurgeQueue | Code::PurgeInflight if gave_up => Self::NotSent,
            Code::PurgeQueue | Code::PurgeInflight => Self::TransactionAborted,
            code if is_about_size(code) => Self::TooLarge,
            Code::TopicAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed => Self::NotAuthorized,
            Code::UnknownTopicOrPartition
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::InvalidTopic => Self::UnknownTopicOrPartition,
            Code::NotEnoughReplicas | Code::NotEnoughReplicasAfterAppend => Self::NotEnoughReplicas,
            code if is_for_good(code) => Self::InvalidRecord,
            _ => Self::Other,
        }
    }
}

/// Whether a message, or its batch, is larger than the topic takes.
pub(super) fn is_about_size(code: Code) -> bool {
    matches!(code, Code::MessageSizeTooLarge | Code::MessageBatchTooLarge)
}

/// Whether a message would be refused again if it were sent again.
pub(super) fn is_for_good(code: Code) -> bool {
    matches!(
        code,
        Code::MessageSizeTooLarge
            | Code::MessageBatchTooLarge
            | Code::InvalidRecord
            | Code::InvalidDifferentRecord
            | Code::InvalidTimestamp
            | Code::InvalidMessageSize
            | Code::UnsupportedForMessageFormat
            | Code::UnsupportedCompressionType
            | Code::PolicyViolation
            | Code::UnknownPartition
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_a_word_of_its_own() {
        let mut words = FailureKind::ALL.map(FailureKind::as_str);
        words.sort_unstable();
        assert!(words.windows(2).all(|two| two[0] != two[1]), "{words:?}");
    }

    #[test]
    fn what_was_purged_was_not_sent_or_belonged_to_a_transaction() {
        assert_eq!(FailureKind::of(Code::PurgeQueue, true), FailureKind::NotSent);
        assert_eq!(FailureKind::of(Code::PurgeQueue, false), FailureKind::TransactionAborted);
        assert_eq!(
            FailureKind::of(Code::UnknownPartition, false),
            FailureKind::UnknownTopicOrPartition
        );
        assert_eq!(FailureKind::of(Code::PolicyViolation, false), FailureKind::InvalidRecord);
        assert_eq!(FailureKind::of(Code::Fail, false), FailureKind::Other);
    }
}

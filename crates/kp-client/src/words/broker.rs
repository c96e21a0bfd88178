//! Kafka's codes: what a broker refuses, and what it cannot do now.

use rdkafka::error::RDKafkaErrorCode as Code;

pub(super) fn meaning(code: Code) -> Option<&'static str> {
    message(code)
        .or_else(|| partition(code))
        .or_else(|| group(code))
        .or_else(|| transaction(code))
        .or_else(|| change(code))
        .or_else(|| access(code))
        .or_else(|| internal(code))
}

/// A message or batch that is not taken.
fn message(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::InvalidRecord => {
            "the topic does not take this record; if it is compacted (cleanup.policy), give the record a key; else look at \
             message.timestamp.type and its limits (`kp-admin topics describe`)"
        }
        Code::InvalidMessage => {
            "the broker finds the batch damaged, or without a key where the topic is compacted; give each message a key (--key), and \
             look at the network"
        }
        Code::InvalidMessageSize => {
            "the batch has an impossible size; look at the network, and at the broker's log"
        }
        Code::MessageSizeTooLarge => {
            "larger than the topic takes; raise its max.message.bytes (`kp-admin topics describe` shows it), or send smaller messages"
        }
        Code::MessageBatchTooLarge => {
            "a batch is larger than a segment of the topic; raise its segment.bytes, or lower batch.size (-X)"
        }
        Code::InvalidTimestamp => {
            "the time of the message is further from now than the topic takes; look at its message.timestamp.before.max.ms and \
             message.timestamp.after.max.ms"
        }
        Code::UnsupportedCompressionType => {
            "the broker does not know this codec; choose another by --compression"
        }
        Code::UnsupportedForMessageFormat => {
            "the topic's message format is too old for this; update the brokers and its message.format.version"
        }
        Code::InvalidRequiredAcks => {
            "the broker does not know this number of acks; use --acks all, 1 or 0"
        }
        Code::NotEnoughReplicas => {
            "fewer replicas are in sync than min.insync.replicas asks for, so that nothing was stored; start the brokers that are \
             down, or lower the topic's min.insync.replicas"
        }
        Code::NotEnoughReplicasAfterAppend => {
            "stored, but by fewer replicas than min.insync.replicas asks for, so that it may be lost; start the brokers that are down, \
             or lower the topic's min.insync.replicas"
        }
        Code::OutOfOrderSequenceNumber => {
            "a batch before this one is missing; messages may be lost: start the producer again, and look at the topic (`kp-admin audit`)"
        }
        Code::DuplicateSequenceNumber => {
            "the broker has this batch already; nothing has to be done"
        }
        Code::OffsetMetadataTooLarge => {
            "what is committed beside the offset is too large; raise the broker's offset.metadata.max.bytes"
        }
        Code::InvalidCommitOffsetSize => {
            "the commit is too large; raise the message.max.bytes of the brokers"
        }
        _ => return None,
    })
}

/// A topic or partition that cannot be used, or not now.
fn partition(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::OffsetOutOfRange => {
            "the offset is not kept: it was removed, or never written; say where to go on: --from earliest, latest or a number"
        }
        Code::UnknownTopicOrPartition => {
            "the topic or partition does not exist; was it deleted? `kp-admin topics list` shows those that do"
        }
        Code::UnknownTopicId => {
            "the topic was deleted meanwhile; `kp-admin topics list` shows those that are left"
        }
        Code::InvalidTopic => {
            "the broker does not take this name of a topic; choose at most 249 of a-z, A-Z, 0-9, `.`, `_` and `-`"
        }
        Code::LeaderNotAvailable => {
            "the partition has no leader; are the brokers that hold it up? `kp-admin topics describe` names them"
        }
        Code::NotLeaderForPartition => "the partition has just got another leader; try again",
        Code::ReplicaNotAvailable => {
            "the broker does not hold the partition, or not yet; try again"
        }
        Code::BrokerNotAvailable => "a broker that this needs is down; start it, then try again",
        Code::OffsetNotAvailable => {
            "the partition's new leader does not know its end yet; try again"
        }
        Code::FencedLeaderEpoch | Code::UnknownLeaderEpoch => {
            "the partition's leader has just changed, and not all brokers know it yet; try again"
        }
        Code::KafkaStorageError => {
            "the broker cannot read or write its disk; look at its log, and at the room that is left"
        }
        Code::RequestTimedOut => {
            "the broker gave up waiting for other brokers; are they up? `kp-admin topics describe` shows which replicas are in sync"
        }
        Code::NetworkException => {
            "the broker lost the connection to another one; try again, and look at its log"
        }
        Code::EligibleLeadersNotAvailable | Code::PreferredLeaderNotAvailable => {
            "no broker that may lead the partition is up; start those that hold it"
        }
        Code::ElectionNotNeeded => {
            "the partition has the leader that it should have; nothing has to be done"
        }
        Code::ReassignmentInProgress => {
            "the partitions are just being moved to other brokers; try again when that is done"
        }
        Code::NoReassignmentInProgress => {
            "no partition is being moved to another broker; there is nothing to stop"
        }
        Code::TopicAlreadyExists => {
            "a topic of this name exists already; `kp-admin topics describe` shows it"
        }
        Code::TopicDeletionDisabled => {
            "the brokers do not delete topics; set their delete.topic.enable to true"
        }
        Code::GroupSubscribedToTopic => "a group still reads the topic; end its members first",
        _ => return None,
    })
}

/// Groups, their coordinators and members.
fn group(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::CoordinatorNotAvailable => {
            "the coordinator cannot work: its partition of __consumer_offsets (of __transaction_state for transactions) has no leader, \
             or too few replicas in sync; `kp-admin topics describe __consumer_offsets` shows it"
        }
        Code::CoordinatorLoadInProgress => {
            "the coordinator is still loading what it knows; try again"
        }
        Code::NotCoordinator => "the group has just got another coordinator; try again",
        Code::IllegalGeneration | Code::UnknownMemberId | Code::RebalanceInProgress => {
            "the group gave the partitions to another member meanwhile; what was not committed is read again there"
        }
        Code::StaleMemberEpoch | Code::FencedMemberEpoch => {
            "the group has shared out its partitions anew meanwhile; what was not committed is read again"
        }
        Code::InconsistentGroupProtocol => {
            "the group is of another type, or its members share out the partitions in another way (partition.assignment.strategy, \
             group.protocol); `kp-admin groups describe` shows it; choose another --group, or the same way"
        }
        Code::GroupIdNotFound => {
            "the group does not exist, or is of another type; `kp-admin groups list` shows all with their type"
        }
        Code::InvalidGroupId => {
            "the broker does not take this name of a group; choose another by --group"
        }
        Code::NonEmptyGroup => "the group has members; end them first",
        Code::GroupMaxSizeReached => {
            "the group has as many members as the brokers allow (group.max.size); end some, or choose another --group"
        }
        Code::InvalidSessionTimeout => {
            "the brokers do not take this session.timeout.ms; choose one between their group.min.session.timeout.ms and \
             group.max.session.timeout.ms"
        }
        Code::FencedInstanceId => {
            "another member with the same group.instance.id took over; give each its own"
        }
        Code::UnreleasedInstanceId => {
            "a member with the same group.instance.id is still in the group; end it, or wait until its session is over"
        }
        Code::MemberIdRequired => "the coordinator gave out a name first; try again",
        Code::UnsupportedAssignor => {
            "the brokers do not know this group.remote.assignor; choose uniform or range, or leave it out"
        }
        Code::UnstableOffsetCommit => {
            "a transaction that commits offsets of the group is open; try again when it has ended"
        }
        _ => return None,
    })
}

/// Transactions, and the identities of producers.
fn transaction(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::ProducerFenced | Code::InvalidProducerEpoch => {
            "another producer with the same --transactional-id took over; give each its own"
        }
        Code::InvalidTransactionalState => {
            "the coordinator is not in the middle of this transaction: it was ended by its time (transaction.timeout.ms); send it again"
        }
        Code::InvalidProducerIdMapping => {
            "the coordinator has forgotten this --transactional-id for want of use (transactional.id.expiration.ms); start the \
             producer again"
        }
        Code::UnknownProducerId => {
            "the broker has forgotten this producer, whose messages were all removed; start it again"
        }
        Code::InvalidTransactionTimeout => {
            "transaction.timeout.ms is longer than the brokers allow (transaction.max.timeout.ms); choose a shorter one (-X)"
        }
        Code::ConcurrentTransactions => {
            "the transaction before is still being ended by the brokers; try again"
        }
        Code::TransactionCoordinatorFenced => {
            "the transactions have just got another coordinator; try again"
        }
        _ => return None,
    })
}

/// Topics, settings and clusters that are to be changed.
fn change(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::InvalidPartitions => {
            "the topic cannot have so many partitions; there is at least one, and they can only become more"
        }
        Code::InvalidReplicationFactor => {
            "there are fewer brokers than copies were asked for; choose a smaller --replication-factor, or start more brokers"
        }
        Code::InvalidReplicaAssignment => {
            "the copies cannot be laid on these brokers; each has to exist, and to be named once"
        }
        Code::InvalidConfig => {
            "the broker does not take a setting or its value; check the name and the value of each --config"
        }
        Code::PolicyViolation => {
            "a policy of the cluster forbids it; ask whoever runs the cluster which one"
        }
        Code::NotController => "the cluster has just got another controller; try again",
        Code::OperationNotAttempted => {
            "it was not tried, because another part of the same request failed; mend that one first"
        }
        Code::ThrottlingQuotaExceeded => {
            "this user changes more topics than its quota allows; wait a little, then try again"
        }
        Code::ResourceNotFound => "there is no such thing to be changed; check its name",
        Code::DuplicateResource => "the request names the same thing twice; name it once",
        Code::InvalidUpdateVersion | Code::FeatureUpdateFailed => {
            "the cluster cannot change to this version of a feature; look at the brokers' log"
        }
        Code::LogDirNotFound => "the broker has no such folder for its log; check log.dirs",
        _ => return None,
    })
}

/// What this user may, and how it logged in.
fn access(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::TopicAuthorizationFailed => "this user may not use the topic; ask for the ACL",
        Code::GroupAuthorizationFailed => "this user may not use the group; ask for the ACL",
        Code::ClusterAuthorizationFailed => {
            "this user may not ask this of the cluster; ask for the ACL"
        }
        Code::TransactionalIdAuthorizationFailed => {
            "this user may not use the --transactional-id; ask for the ACL"
        }
        Code::SaslAuthenticationFailed => {
            "the login was refused; check kafka.sasl_username and the password"
        }
        Code::UnsupportedSASLMechanism => {
            "the broker does not offer this kafka.sasl_mechanism; choose one that it does"
        }
        Code::IllegalSASLState => {
            "the broker expects a login first; set kafka.security_protocol to sasl_ssl or sasl_plaintext"
        }
        Code::SecurityDisabled => {
            "the brokers have no authorizer, so that there are no ACLs; set their authorizer.class.name"
        }
        Code::DelegationTokenAuthDisabled => {
            "the brokers do not use delegation tokens; set their delegation.token.secret.key"
        }
        Code::DelegationTokenNotFound | Code::DelegationTokenExpired => {
            "the delegation token is not valid any more; make a new one"
        }
        Code::DelegationTokenOwnerMismatch => {
            "the delegation token belongs to another user; log in as its owner"
        }
        Code::DelegationTokenRequestNotAllowed => {
            "delegation tokens are given to users who logged in by TLS or SASL, and not by a token; log in so"
        }
        Code::DelegationTokenAuthorizationFailed => {
            "this user may not use the delegation token; ask for the ACL"
        }
        Code::InvalidPrincipalType => {
            "the broker does not know this type of principal; use User:NAME"
        }
        Code::UnacceptableCredential => {
            "the brokers do not take this password; choose a longer one"
        }
        Code::PrincipalDeserializationFailure => {
            "a broker does not understand who asks; look at the brokers' principal.builder.class"
        }
        _ => return None,
    })
}

/// Between brokers, or between librdkafka and them.
fn internal(code: Code) -> Option<&'static str> {
    Some(match code {
        Code::NoError => "nothing is wrong; it was reported as a failure by mistake",
        Code::Unknown => {
            "the broker failed, or says something that this version does not know; look at the broker's log"
        }
        Code::UnsupportedVersion => {
            "the broker does not know this version of the request; update it, or kp"
        }
        Code::InvalidRequest => {
            "the broker cannot make sense of the request; is its version one that kp supports? Its log says more"
        }
        Code::StaleControllerEpoch | Code::StaleBrokerEpoch | Code::InconsistentVoterSet => {
            "the brokers do not agree about the cluster just now; try again, and look at their log"
        }
        Code::ListenerNotFound => {
            "the partition's leader has no listener that fits; look at the brokers' listeners and advertised.listeners"
        }
        Code::FetchSessionIdNotFound | Code::InvalidFetchSessionEpoch => {
            "the broker has forgotten what this reader asked for before; try again"
        }
        Code::UnknownSubscriptionId | Code::TelemetryTooLarge => {
            "the broker does not take the client's metrics; set enable.metrics.push=false (-X)"
        }
        Code::RebootstrapRequired => {
            "the cluster has changed so much that the client has to connect anew; start it again"
        }
        _ => return None,
    })
}

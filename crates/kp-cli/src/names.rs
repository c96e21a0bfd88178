//! What can be completed by asking the cluster, or by the settings.

use clap::builder::ArgExt;

/// Names that complete an argument. All but profiles are known to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Topics.
    Topics,
    /// Groups of consumers.
    Groups,
    /// Ids of brokers.
    Brokers,
    /// Configs of a topic.
    TopicConfigs,
    /// Configs of a broker.
    BrokerConfigs,
    /// Profiles of the settings.
    Profiles,
}

impl ArgExt for Names {}

impl Names {
    /// Those that the cluster knows.
    pub(crate) const OF_CLUSTER: [Self; 5] =
        [Self::Topics, Self::Groups, Self::Brokers, Self::TopicConfigs, Self::BrokerConfigs];

    /// The word for it, which is a part of a file's name.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Topics => "topics",
            Self::Groups => "groups",
            Self::Brokers => "brokers",
            Self::TopicConfigs => "topic-configs",
            Self::BrokerConfigs => "broker-configs",
            Self::Profiles => "profiles",
        }
    }
}

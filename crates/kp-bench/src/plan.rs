//! How much of everything: a run to publish, or a quick look.

/// Numbers of messages and rounds.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) quick: bool,
    pub(super) rounds: u32,
    /// What most works move.
    pub(super) messages: u64,
    /// For clients that would take minutes for all of them; they are compared message by message.
    pub(super) messages_of_slow_peers: u64,
    pub(super) codecs: &'static [&'static str],
    /// Bytes of a message, and how many of them.
    pub(super) sizes: &'static [(usize, u64)],
    /// Numbers of messages between which memory must not grow.
    pub(super) backlogs: [u64; 2],
    /// Numbers of messages; between the first and each other the cost of a message must not grow.
    pub(super) counts: &'static [u64],
    pub(super) partitions: &'static [u32],
    /// What a slow reader takes: so many messages, by so many bytes a second.
    pub(super) slowly: u64,
    pub(super) slow_bytes_per_second: f64,
}

/// The fewest rounds whose median is worth publishing.
pub(super) const ENOUGH_ROUNDS: u32 = 5;

impl Plan {
    /// The full plan.
    pub(super) fn full() -> Self {
        Self {
            quick: false,
            rounds: ENOUGH_ROUNDS,
            messages: 2_000_000,
            messages_of_slow_peers: 100_000,
            codecs: &["none", "lz4", "gzip", "snappy", "zstd"],
            sizes: &[(25, 2_000_000), (100, 1_000_000), (1024, 200_000), (10 * 1024, 20_000)],
            backlogs: [1_000_000, 20_000_000],
            counts: &[1_000_000, 2_000_000, 5_000_000, 10_000_000],
            partitions: &[1, 2, 5, 10],
            slowly: 200_000,
            slow_bytes_per_second: 5_000_000.0,
        }
    }

    /// A quick one, enough to see whether something broke.
    pub(super) fn quick() -> Self {
        Self {
            quick: true,
            rounds: 3,
            messages: 300_000,
            messages_of_slow_peers: 20_000,
            codecs: &["none", "lz4", "gzip"],
            sizes: &[(25, 300_000), (100, 200_000), (1024, 50_000), (10 * 1024, 5_000)],
            backlogs: [500_000, 1_000_000],
            counts: &[500_000, 1_000_000, 2_000_000],
            partitions: &[1, 10],
            slowly: 100_000,
            slow_bytes_per_second: 10_000_000.0,
        }
    }
}

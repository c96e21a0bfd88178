//! Why nothing is acknowledged, where that can be told.
//!
//! librdkafka sends again without a word while a partition has no leader, or too few replicas in
//! sync.

use std::time::{Duration, Instant};

use kp_settings::Acks;

use super::Producer;
use super::state::Waiting;
use crate::replicas::{TRANSACTIONS, coordinator_shortage, shortage};

/// It is looked why once nothing was acknowledged for so long.
pub(super) const LOOK: Duration = Duration::from_secs(2);

impl Producer {
    /// Looks why nothing was acknowledged for a while, once each time that it is so, and says it.
    pub(super) fn look_why(&mut self) {
        let acknowledged = self.tally.acknowledged;
        if !self.is_busy() {
            self.waiting = None;
            return;
        }
        match &mut self.waiting {
            Some(waiting) if waiting.acknowledged == acknowledged => {
                if waiting.looked || waiting.since.elapsed() < LOOK {
                    return;
                }
                waiting.looked = true;
            }
            other => {
                *other = Some(Waiting { acknowledged, since: Instant::now(), looked: false });
                self.obstacle = None;
                return;
            }
        }
        let topics: Vec<&str> = self.topics.iter().map(|one| one.name.as_str()).collect();
        let found = shortage(&self.client, &topics, self.acks == Acks::All);
        self.found(found);
    }

    /// Looks why the coordinator of the transactions does not answer.
    pub(super) fn look_at_coordinator(&mut self) {
        let id = &self.transactional_id;
        let found = coordinator_shortage(&self.client, TRANSACTIONS, id)
            .map(|cause| format!("the coordinator of transactional id {id} cannot work: {cause}"));
        self.found(found);
    }

    fn found(&mut self, obstacle: Option<String>) {
        if let Some(obstacle) = &obstacle {
            tracing::warn!("{obstacle}");
        }
        self.obstacle = obstacle;
    }

    /// What was found.
    pub(super) fn obstacle(&self) -> Option<&str> {
        self.obstacle.as_deref()
    }
}

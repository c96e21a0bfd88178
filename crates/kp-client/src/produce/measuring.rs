//! What a run is measured by besides its tally.

use std::time::{Duration, Instant};

use kp_settings::Rate;

use super::Producer;
use super::schedule::Schedule;
use super::timeline::Timeline;

impl Producer {
    /// From here on the tally's latencies are counted from when a message was due: its number says
    /// when, at this rate, if message 0 was due at `start`.
    pub fn keep_schedule(&mut self, start: Instant, rate: Rate) {
        self.schedule = (!rate.is_unlimited()).then_some(Schedule { start, rate });
    }

    /// How long sending has waited for room in the queue.
    pub fn waited_for_room(&self) -> Duration {
        self.waited_for_room
    }

    /// From here on it is also noted what happens in each second since `start`.
    pub fn keep_timeline(&mut self, start: Instant) {
        self.timeline = Some(Timeline::new(start));
    }

    /// What happened second by second, if that was noted.
    pub fn timeline(&mut self) -> Option<Timeline> {
        if let Some(timeline) = &mut self.timeline {
            timeline.note(&self.tally);
            timeline.go_on(Instant::now());
        }
        self.timeline.take()
    }
}

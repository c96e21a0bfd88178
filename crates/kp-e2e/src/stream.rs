//! What a process writes, collected while it runs.

use std::io::Read;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// The bytes that came so far, and whether more can come.
#[derive(Default)]
struct Collected {
    bytes: Vec<u8>,
    ended: bool,
}

/// A pipe that a thread of its own reads until it ends.
#[derive(Clone, Default)]
pub(crate) struct Stream(Arc<(Mutex<Collected>, Condvar)>);

impl Stream {
    /// Starts reading.
    pub(crate) fn read(mut pipe: impl Read + Send + 'static) -> Self {
        let stream = Self::default();
        let writer = stream.clone();
        thread::spawn(move || {
            let mut chunk = [0; 16 * 1024];
            loop {
                let count = pipe.read(&mut chunk).unwrap_or(0);
                let mut collected = writer.lock();
                collected.bytes.extend_from_slice(&chunk[..count]);
                collected.ended = count == 0;
                writer.0.1.notify_all();
                if collected.ended {
                    return;
                }
            }
        });
        stream
    }

    /// Waits until what came satisfies `enough`; false when the stream ended, or the deadline passed, before that.
    pub(crate) fn wait_for(
        &self,
        deadline: Instant,
        mut enough: impl FnMut(&[u8]) -> bool,
    ) -> bool {
        let mut collected = self.lock();
        loop {
            if enough(&collected.bytes) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if collected.ended || left.is_zero() {
                return false;
            }
            collected = self
                .0
                .1
                .wait_timeout(collected, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    /// Waits until the stream ends; false when the deadline passed before.
    pub(crate) fn wait_for_end(&self, deadline: Instant) -> bool {
        self.wait_for(deadline, |_| false);
        self.lock().ended
    }

    /// What came so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

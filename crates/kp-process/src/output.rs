//! What a process wrote, wherever it went.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Where an output can be read back.
pub(crate) enum Said {
    /// It cannot.
    Nowhere,
    /// From a pipe that is not read yet.
    Coming,
    InMemory(Collected),
    InFile(PathBuf),
}

impl Said {
    /// What came so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Nowhere | Self::Coming => Vec::new(),
            Self::InMemory(collected) => collected.lock().bytes.clone(),
            Self::InFile(path) => fs::read(path).unwrap_or_default(),
        }
    }

    /// What came so far, as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// Whether all that a process wrote that has ended can be read.
    pub(crate) fn is_complete(&self) -> bool {
        match self {
            Self::InMemory(collected) => collected.lock().ended,
            _ => true,
        }
    }
}

/// The bytes of a pipe that a thread of its own reads until it ends.
#[derive(Clone, Default)]
pub(crate) struct Collected(Arc<Mutex<Bytes>>);

#[derive(Default)]
struct Bytes {
    bytes: Vec<u8>,
    ended: bool,
}

impl Collected {
    /// Starts reading.
    pub(crate) fn from(mut pipe: impl Read + Send + 'static) -> Self {
        let collected = Self::default();
        let writer = collected.clone();
        thread::spawn(move || {
            let mut chunk = [0; 16 * 1024];
            loop {
                let count = pipe.read(&mut chunk).unwrap_or(0);
                let mut bytes = writer.lock();
                bytes.bytes.extend_from_slice(&chunk[..count]);
                bytes.ended = count == 0;
                if bytes.ended {
                    return;
                }
            }
        });
        collected
    }

    fn lock(&self) -> MutexGuard<'_, Bytes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

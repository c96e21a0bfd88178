//! Sending with a ledger: each message is noted before it is queued, carries its stamp, and its report is noted.

use std::path::Path;

use kp_audit::{Ledger, Promise};
use kp_rdkafka::{Outgoing, OutgoingHeader};
use kp_settings::{Acks, Settings};

use super::Producer;
use crate::error::Error;

impl Producer {
    /// Notes all that is sent from here on in this file, as a run that promises what the settings do.
    ///
    /// # Errors
    /// The file cannot be written, or is no ledger.
    pub fn keep_ledger(&mut self, path: &Path, settings: &Settings) -> Result<(), Error> {
        self.ledger = Some(Ledger::open(path, promise(settings))?);
        Ok(())
    }

    pub(super) fn send_stamped(
        &mut self,
        index: usize,
        message: &Outgoing<'_>,
        stopped: &dyn Fn() -> bool,
    ) -> Result<bool, Error> {
        let Some(ledger) = &mut self.ledger else {
            return Ok(false);
        };
        let stamp = ledger.attempt(&self.topics[index].0, message.key, message.value)?;
        let stamped = stamp.headers();
        let stamped = stamped
            .iter()
            .map(|(name, value)| (name.as_bytes(), Some(value.as_bytes())));
        let headers: Vec<OutgoingHeader<'_>> =
            message.headers.iter().copied().chain(stamped).collect();
        let message = Outgoing {
            headers: &headers,
            ..*message
        };
        let taken = self.push_single(index, &message, stamp.sequence, stopped)?;
        if !taken && let Some(ledger) = &mut self.ledger {
            ledger.failed(stamp.sequence, "never queued: there was no time left");
            ledger.write_out()?;
        }
        Ok(taken)
    }

    pub(super) fn write_ledger(&mut self) -> Result<(), Error> {
        match &mut self.ledger {
            Some(ledger) => Ok(ledger.write_out()?),
            None => Ok(()),
        }
    }

    /// Makes sure that the ledger, if there is one, is on the disk.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn close_ledger(&mut self) -> Result<(), Error> {
        match &mut self.ledger {
            Some(ledger) => Ok(ledger.close()?),
            None => Ok(()),
        }
    }
}

/// What these settings promise of a message that counts as acknowledged.
fn promise(settings: &Settings) -> Promise {
    let producer = &settings.producer;
    match producer.acks {
        Acks::None => Promise::Nothing,
        Acks::Leader => Promise::Leader,
        Acks::All if producer.transactional_id.is_some() => Promise::Transactions,
        Acks::All if producer.idempotence => Promise::Once,
        Acks::All => Promise::Stored,
    }
}

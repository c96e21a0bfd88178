//! Sending with a ledger: each message is noted before it is queued, carries its stamp, and its
//! report is noted.

use std::path::Path;

use kp_audit::Ledger;
use kp_core::{Header, Record};

use super::Producer;
use crate::error::Error;

impl Producer {
    /// Notes all that is sent from here on in this file, as a run that promises what the settings
    /// do.
    ///
    /// # Errors
    /// The file cannot be written, or is no ledger.
    pub fn keep_ledger(&mut self, path: &Path) -> Result<(), Error> {
        self.ledger = Some(Ledger::open(path, self.promise)?);
        Ok(())
    }

    pub(super) fn send_stamped(
        &mut self,
        index: usize,
        record: &Record<'_>,
    ) -> Result<bool, Error> {
        let Some(ledger) = &mut self.ledger else {
            return Ok(false);
        };
        let stamp = ledger.attempt(&self.topics[index].name, record.key, record.value)?;
        let stamped = stamp.headers();
        let headers: Vec<Header<'_>> =
            record.headers.iter().copied().chain(stamped.iter()).collect();
        let record = Record { headers: &headers, ..*record };
        let taken = self.push_single(index, &record, stamp.sequence)?;
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

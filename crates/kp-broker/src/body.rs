//! A request's body while it passes. The mock cluster trusts it too much: a batch without bytes, or
//! a group or member without a name, makes it end the process.

use std::io::Write;

use anyhow::{Context, ensure};
use kafka_protocol::messages::ApiKey;

use crate::pipe::Pipe;
use crate::protocol::{LONGEST_JOIN, Request};

/// The longest name in Kafka's protocol.
const LONGEST_TEXT: usize = 0x7fff;

const NAMELESS: &str = "it sent a group, a member or a topic without a name";

/// A request that has been read up to a certain byte.
pub(crate) struct Body<'p, 'a> {
    pipe: &'p mut Pipe<'a>,
    /// What was read and not passed on yet.
    read: Vec<u8>,
    /// How many bytes are still to be read.
    left: usize,
    request: Request,
    /// Whether lengths are varints, and each structure ends with tagged fields.
    is_flexible: bool,
}

impl<'p, 'a> Body<'p, 'a> {
    /// A request of which only the head was read.
    pub(crate) fn new(pipe: &'p mut Pipe<'a>, request: Request, head: [u8; Request::HEAD]) -> Self {
        Self {
            pipe,
            read: head.to_vec(),
            left: request.rest,
            request,
            is_flexible: request.key.request_header_version(request.version) > 1,
        }
    }

    /// Where it goes.
    pub(crate) fn pipe(&mut self) -> &mut Pipe<'a> {
        self.pipe
    }

    /// Reads on in a produce request until it is known how many replicas the client waits for; 0 is
    /// no answer at all.
    ///
    /// # Errors
    /// The connection failed, or this is no such request.
    pub(crate) fn acks(&mut self) -> anyhow::Result<i16> {
        self.client()?;
        if self.request.version >= 3 {
            let _transaction = self.text()?;
        }
        Ok(i16::from_be_bytes(self.bytes()?))
    }

    /// Passes the rest of a produce request on, and what was read.
    ///
    /// # Errors
    /// The connection failed, or this is no such request.
    pub(crate) fn pass_batches(mut self) -> anyhow::Result<()> {
        let _timeout: [u8; 4] = self.bytes()?;
        for _topic in 0..self.count()? {
            let _name = self.text()?;
            for _partition in 0..self.count()? {
                let _number: [u8; 4] = self.bytes()?;
                let records = self.count()?;
                ensure!(records > 0, "it sent a batch without records");
                self.pass(records)?;
                self.tags()?;
            }
            self.tags()?;
        }
        let left = self.left;
        self.pass(left)
    }

    /// Passes on the group's name, and the member's where the request has one.
    ///
    /// # Errors
    /// The connection failed, or there is no name.
    pub(crate) fn pass_group(mut self) -> anyhow::Result<()> {
        self.client()?;
        self.text()?.context(NAMELESS)?;
        let key = self.request.key;
        if key != ApiKey::ConsumerGroupHeartbeat
            && key != ApiKey::LeaveGroup
            && key != ApiKey::OffsetFetch
        {
            let _generation: [u8; 4] = self.bytes()?;
        }
        if key != ApiKey::OffsetFetch {
            self.text()?.context(NAMELESS)?;
        }
        if key == ApiKey::ConsumerGroupHeartbeat {
            self.subscription()?;
        }
        let left = self.left;
        self.pass(left)
    }

    /// Reads what a member of a group of the newer kind subscribes to. The mock cluster wants names
    /// and a pattern, one of which may be empty, or neither.
    fn subscription(&mut self) -> anyhow::Result<()> {
        ensure!(self.left <= LONGEST_JOIN, "it sent a subscription of {} bytes", self.left);
        let epoch = i32::from_be_bytes(self.bytes()?);
        let (_instance, _rack) = (self.text()?, self.text()?);
        let timeout = i32::from_be_bytes(self.bytes()?);
        ensure!(epoch >= -2 && timeout >= -1, "it sent an impossible epoch or timeout");
        let names = self.read.len();
        let count = self.varint()?;
        for _name in 1..count {
            self.text()?.context(NAMELESS)?;
        }
        let pattern = self.read.len();
        let length = self.text()?;
        // A byte each: 0 is none, 1 is empty.
        match (count > 1, length.is_some_and(|length| length > 0)) {
            (true, true) => {}
            (true, false) => self.read[pattern] = 1,
            (false, true) => self.read[names] = 1,
            (false, false) => (self.read[names], self.read[pattern]) = (0, 0),
        }
        Ok(())
    }

    /// Passes on what was read, and the next `count` bytes.
    fn pass(&mut self, count: usize) -> anyhow::Result<()> {
        self.goes_on(count)?;
        self.pipe.to.write_all(&self.read)?;
        self.read.clear();
        Ok(self.pipe.pass(count)?)
    }

    /// Counts the next `count` bytes as read.
    fn goes_on(&mut self, count: usize) -> anyhow::Result<()> {
        ensure!(count <= self.left, "it sent a request that cannot be understood");
        self.left -= count;
        Ok(())
    }

    fn take(&mut self, count: usize) -> anyhow::Result<()> {
        self.goes_on(count)?;
        Ok(self.pipe.read(count, &mut self.read)?)
    }

    fn bytes<const N: usize>(&mut self) -> anyhow::Result<[u8; N]> {
        self.take(N)?;
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.read[self.read.len() - N..]);
        Ok(bytes)
    }

    /// The client's id has the old form in every version, and tagged fields follow in newer ones.
    fn client(&mut self) -> anyhow::Result<()> {
        let length = usize::try_from(i16::from_be_bytes(self.bytes()?)).unwrap_or(0);
        self.take(length)?;
        self.tags()
    }

    /// An unsigned number of at most 32 bits, seven to a byte.
    fn varint(&mut self) -> anyhow::Result<usize> {
        let mut value = 0;
        for shift in (0..35).step_by(7) {
            let [byte] = self.bytes()?;
            value |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                ensure!(byte > 0 || shift == 0, "it sent a number with a byte too many");
                break;
            }
        }
        Ok(value)
    }

    /// How many of what follows there are; none also stands for "nothing".
    fn count(&mut self) -> anyhow::Result<usize> {
        if self.is_flexible {
            return Ok(self.varint()?.saturating_sub(1));
        }
        Ok(usize::try_from(i32::from_be_bytes(self.bytes()?)).unwrap_or(0))
    }

    /// Reads a text on, and says how long it was where there was one.
    fn text(&mut self) -> anyhow::Result<Option<usize>> {
        let length = if self.is_flexible {
            self.varint()?.checked_sub(1)
        } else {
            usize::try_from(i16::from_be_bytes(self.bytes()?)).ok()
        };
        let Some(length) = length else {
            return Ok(None);
        };
        ensure!(length <= LONGEST_TEXT, "it sent a name of {length} bytes");
        self.take(length)?;
        Ok(Some(length))
    }

    /// Fields of newer versions, which nobody sends here.
    fn tags(&mut self) -> anyhow::Result<()> {
        if self.is_flexible {
            for _tag in 0..self.varint()? {
                self.varint()?;
                let length = self.varint()?;
                ensure!(length <= LONGEST_TEXT, "it sent a field of {length} bytes");
                self.take(length)?;
            }
        }
        Ok(())
    }
}

//! One direction of a connection: what comes on one side goes out on the other, in pieces.

use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::net::TcpStream;

/// How much is read at once. A batch is seldom longer.
const PIECE: usize = 64 * 1024;

/// One direction of a connection.
pub(crate) struct Pipe<'a> {
    from: BufReader<&'a TcpStream>,
    /// A writer need not flush: reading does.
    pub(crate) to: BufWriter<&'a TcpStream>,
}

impl<'a> Pipe<'a> {
    /// From one side to the other.
    pub(crate) fn new(from: &'a TcpStream, to: &'a TcpStream) -> Self {
        Self {
            from: BufReader::with_capacity(PIECE, from),
            to: BufWriter::with_capacity(PIECE, to),
        }
    }

    /// What has come and is not used yet; empty at the end. Nothing that was written is kept back
    /// while this waits.
    fn some(&mut self) -> io::Result<&[u8]> {
        if self.from.buffer().is_empty() {
            self.to.flush()?;
            while let Err(error) = self.from.fill_buf() {
                if error.kind() != ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
        Ok(self.from.buffer())
    }

    /// Gives the next `count` bytes to `with`, in pieces.
    fn take(
        &mut self,
        mut count: usize,
        mut with: impl FnMut(&mut BufWriter<&'a TcpStream>, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        while count > 0 {
            let some = self.some()?.len().min(count);
            if some == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            with(&mut self.to, &self.from.buffer()[..some])?;
            self.from.consume(some);
            count -= some;
        }
        Ok(())
    }

    /// Passes the next `count` bytes on.
    pub(crate) fn pass(&mut self, count: usize) -> io::Result<()> {
        self.take(count, |to, piece| to.write_all(piece))
    }

    /// Skips the next `count` bytes.
    pub(crate) fn skip(&mut self, count: usize) -> io::Result<()> {
        self.take(count, |_, _| Ok(()))
    }

    /// Puts the next `count` bytes at the end of `into`.
    pub(crate) fn read(&mut self, count: usize, into: &mut Vec<u8>) -> io::Result<()> {
        self.take(count, |_, piece| {
            into.extend_from_slice(piece);
            Ok(())
        })
    }

    /// The next head, or `None` when the other side has ended instead.
    pub(crate) fn head<const N: usize>(&mut self) -> io::Result<Option<[u8; N]>> {
        if self.some()?.is_empty() {
            return Ok(None);
        }
        let mut head = Vec::with_capacity(N);
        self.read(N, &mut head)?;
        Ok(head.try_into().ok())
    }
}

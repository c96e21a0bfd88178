//! A file of whole records, one line of JSON each, that can be read without kp.
//!
//! ```text
//!  kp-consumer --save  Record -> line.rs -> writer.rs: append, fsync -> FILE
//!  kp-consumer --load  FILE -> reader.rs: line by line, each one checked -> OwnedRecord
//!  kp-producer --load  FILE -> reader.rs -> origin.rs: the topic that it goes back to
//! ```
//! ```json
//! {"crc32":"ac04b0f4","kp_archive":1,"id":"5f3c9a0b1c2d4e6f"}
//! {"crc32":"d1c64bb8","topic":"orders","partition":2,"offset":1234, ... ,"headers":[]}
//! ```
//! - The first line says what the file is, and has its id. Each line after it is a record in the
//!   form of [`kp_core::json`].
//! - `crc32` is the CRC-32 of gzip and zlib over all bytes of the line behind the first comma,
//!   without the newline. A line that has changed by one bit is found.
//! - A record is known by the number of its line, counted from 1; the first record is line 2.
//! - A process that is killed while it writes leaves a torn last line. The next one that appends
//!   cuts it off, and a reader passes over it; both can tell.
//!
//! It knows neither librdkafka nor a command line, and holds one line in memory.
#![forbid(unsafe_code)]

mod error;
mod line;
mod origin;
mod reader;
mod writer;

pub use error::{ArchiveError, Damage};
pub use line::encode;
pub use origin::{NoOrigin, is_of_a_failure, origin, original_time};
pub use reader::{Archive, Entry};
pub use writer::Writer;

//! `--check-health ADDRESS`: whether another process of kp works, as its `/healthz` says. It is
//! what a container's health check runs, where the image has no other program for it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches};
use kp_core::escaped;
use kp_settings::Listen;

use crate::exit::Exit;
use crate::output::written;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// An answer is no longer than this.
const LONGEST: usize = 16 * 1024;
const FLAG: &str = "check_health";

/// The flag. `--help` does not show it: it is for the settings of a container.
pub fn health_flag() -> Arg {
    Arg::new(FLAG)
        .long("check-health")
        .value_name("ADDRESS")
        .value_parser(a_port)
        .hide(true)
        .help("Ask the kp that has --metrics at this address whether it works, print its answer, and end: exit 0 or 1")
}

/// An address that somebody can listen on for good.
fn a_port(text: &str) -> Result<Listen, String> {
    match text.parse::<Listen>() {
        Ok(address) if address.address().port() == 0 => {
            Err("port 0 is none to ask; the other program says on stderr which one it has"
                .to_owned())
        }
        parsed => parsed.map_err(|error| error.to_string()),
    }
}

/// Whether it was typed, and with what address.
pub fn health_typed(matches: &ArgMatches) -> Option<Listen> {
    matches.get_one(FLAG).copied()
}

/// Asks, prints the answer, and says how to end: 0 if the other process works, else 1.
///
/// # Errors
/// Standard output cannot be written.
pub fn check_health(address: Listen) -> anyhow::Result<Exit> {
    let (line, exit) = match ask(address, Instant::now() + PATIENCE) {
        Ok((true, line)) => (line, Exit::Done),
        Ok((false, line)) => (line, Exit::Unexpected),
        Err(error) => (why(address, &error), Exit::Unexpected),
    };
    written(writeln!(io::stdout(), "{}", escaped(&line)))?;
    Ok(exit)
}

/// Whether the answer is 200, and its first line.
fn ask(address: Listen, deadline: Instant) -> io::Result<(bool, String)> {
    let address = address.from_here();
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let (mut answer, mut bytes) = (Vec::new(), [0; 1024]);
    while answer.len() < LONGEST {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut bytes)? {
            0 => break,
            count => answer.extend_from_slice(&bytes[..count]),
        }
    }
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    read(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn read(answer: &[u8]) -> Option<(bool, String)> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(length) = head.parse(answer).ok()? else {
        return None;
    };
    let body = String::from_utf8_lossy(answer.get(length..)?);
    let line = body.lines().next().unwrap_or_default();
    let code = head.code?;
    let line = if line.is_empty() { format!("HTTP status {code}") } else { line.to_owned() };
    Some((code == 200, line))
}

fn why(address: Listen, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!(
                "{address}: nothing listens there; the program to ask needs --metrics {address}"
            )
        }
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            format!("{address}: no answer within {PATIENCE:?}")
        }
        io::ErrorKind::UnexpectedEof => {
            format!("{address}: closed the connection without an answer")
        }
        io::ErrorKind::InvalidData => format!("{address}: something answers, but not in HTTP"),
        _ => format!("{address}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_200_is_well_and_the_first_line_is_told() {
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\r\nok\n"), Some((true, "ok".to_owned())));
        let away = read(b"HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nno broker\nmore");
        assert_eq!(away, Some((false, "no broker".to_owned())));
        assert_eq!(
            read(b"HTTP/1.0 404 Not Found\r\n\r\n"),
            Some((false, "HTTP status 404".to_owned()))
        );
        assert_eq!(read(b"SSH-2.0-OpenSSH\r\n"), None);
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n"), None);
    }

    #[test]
    fn port_0_is_none_to_ask() {
        assert!(a_port("0").unwrap_err().contains("port 0"));
        assert!(a_port("0.0.0.0:0").is_err());
        assert_eq!(a_port("9102"), Ok("9102".parse().unwrap()));
    }

    #[test]
    fn a_connection_that_is_closed_at_once_is_told_from_another_protocol() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let closing = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
        });
        let error = ask(address, Instant::now() + PATIENCE).unwrap_err();
        closing.join().unwrap();
        assert!(why(address, &error).contains("closed the connection without"), "{error}");
    }

    #[test]
    fn whoever_says_nothing_is_not_waited_for_longer_than_said() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string().parse().unwrap();
        let start = Instant::now();
        let error = ask(address, start + Duration::from_millis(50)).unwrap_err();
        assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
        assert!(why(address, &error).contains("no answer"), "{error}");
        drop(listener);
        let error = ask(address, Instant::now() + PATIENCE).unwrap_err();
        assert!(why(address, &error).contains("nothing listens there"), "{error}");
    }
}

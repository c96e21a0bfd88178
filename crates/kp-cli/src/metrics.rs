//! Metrics and health of a program that runs, for Prometheus and for a container's health check.
//!
//! ```text
//!  scraper -> server.rs -> request.rs -> Board: asks -> the program's loop: Board::give
//!                                          |  waits a moment, or takes what was given last
//!                                          v
//!                                        page.rs: text of the figures -> scraper
//!  --check-health -> check.rs -> /healthz of another process
//! ```
//! The program's loop only looks at a flag, and counts that. It puts figures together when somebody
//! has asked, so that metrics cost next to nothing while nobody does. A thread sees each second
//! whether the loop still looks.

mod board;
mod check;
mod page;
mod request;
mod server;

pub use board::Board;
pub use check::{check_health, health_flag, health_typed};
pub use page::{Figures, Labels, Sheet};

use std::io;
use std::net::TcpListener;

use kp_settings::{Listen, Settings};

use crate::exit::Stop;
use crate::talk::{complain, say};

/// Answers metrics where this setting says, from here on until the process ends. Without an address
/// nobody asks the board.
///
/// # Errors
/// Nothing can listen there; exit code 3.
pub fn serve<F: Figures>(
    program: &'static str,
    settings: &Settings,
    key: &str,
    address: Option<Listen>,
) -> Result<Option<Board<F>>, Stop> {
    let Some(listen) = address else {
        return Ok(None);
    };
    let wrong = |error: io::Error| Stop::wrong(settings, key, cannot_listen(listen, &error));
    let listener = TcpListener::bind(listen.address()).map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    let board = Board::new();
    server::start(listener, program, board.clone()).map_err(wrong)?;
    // Nobody knows a free port that is not told.
    let tell = if listen.address().port() == 0 { complain } else { say };
    tell(program, &format!("metrics on http://{address}/metrics"));
    Ok(Some(board))
}

/// Why nothing can listen there, and what to change.
fn cannot_listen(listen: Listen, error: &io::Error) -> String {
    let (address, port) = (listen.address(), listen.address().port());
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "cannot listen on {address}: another program has this port; choose another one, or 0 for any that is free"
        ),
        io::ErrorKind::PermissionDenied => {
            format!("not allowed to listen on {address}; choose a port above 1023, such as 9102")
        }
        io::ErrorKind::AddrNotAvailable => format!(
            "cannot listen on {address}: this machine has no such address; use {port} for this machine alone, or 0.0.0.0:{port}"
        ),
        _ => format!("cannot listen on {address}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_not_to_listen_says_what_to_change() {
        let listen: Listen = "192.0.2.1:80".parse().unwrap();
        for (kind, words) in [
            (io::ErrorKind::AddrInUse, ["another program", "0 for any"]),
            (io::ErrorKind::PermissionDenied, ["not allowed", "above 1023"]),
            (io::ErrorKind::AddrNotAvailable, ["no such address", "0.0.0.0:80"]),
            (io::ErrorKind::OutOfMemory, ["cannot listen", "memory"]),
        ] {
            let text = cannot_listen(listen, &io::Error::from(kind));
            assert!(text.contains("192.0.2.1:80"), "{text}");
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
        }
    }
}

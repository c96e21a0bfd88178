//! How long processors worked for a process, as the kernel tells it in `/proc`.
//!
//! A process that has ended and was not collected yet still has its figure. Where there is no
//! `/proc`, as on macOS, there is none.

use std::fs;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

/// Of the process with this number, all its threads, in its own code and in the kernel.
pub fn of(pid: u32) -> Option<Duration> {
    let ticks = ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    Some(Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64))
}

/// `utime` and `stime`, the 14th and 15th field. The second is the program's name, which may have
/// spaces and parentheses itself.
fn ticks(stat: &str) -> Option<u64> {
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut fields = behind_name.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_count_whatever_the_program_is_called() {
        let stat = "4711 (a (b) c) S 1 1 1 0 -1 4194304 90 0 0 0 120 35 0 0 20 0 1 0 900 1 1";
        assert_eq!(ticks(stat), Some(155));
        assert_eq!(ticks("4711 (a"), None);
    }
}

//! Which member of a group prints the messages of which partition, seen from its output.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use kp_plot::{Row, Span};
use kp_process::{Running, Source};

pub(super) const PARTITIONS: usize = 3;
/// A member that printed nothing of a partition for longer had a pause, which the timeline shows.
const PAUSE: f64 = 0.7;
/// What was printed within this time is being read now.
const JUST_NOW: Duration = Duration::from_millis(500);

/// A group that reads one topic.
pub(super) struct Group {
    pub(super) name: &'static str,
    /// Later than it was by all the time in which nobody looked.
    began: Instant,
    looked: Instant,
    members: Vec<Member>,
    partitions: [Partition; PARTITIONS],
}

/// A member that prints the number of the partition of each message.
struct Member {
    name: &'static str,
    process: Running,
    /// How much of its output was looked at.
    seen: usize,
    has_ended: bool,
}

struct Partition {
    spans: Vec<Span>,
    last_read: Instant,
    /// Between two messages, since a member was ended last.
    longest_pause: Duration,
}

impl Group {
    pub(super) fn new(name: &'static str, began: Instant) -> Self {
        let partition =
            || Partition { spans: Vec::new(), last_read: began, longest_pause: Duration::ZERO };
        let partitions = [(); PARTITIONS].map(|()| partition());
        Self { name, began, looked: began, members: Vec::new(), partitions }
    }

    pub(super) fn add(&mut self, name: &'static str, process: Running) {
        self.members.push(Member { name, process, seen: 0, has_ended: false });
    }

    pub(super) fn process(&self, name: &str) -> Result<&Running> {
        let member = self.members.iter().find(|member| member.name == name);
        Ok(&member.context("there is no such member")?.process)
    }

    /// Takes what members have printed since the last look.
    ///
    /// # Errors
    /// A member ended by itself.
    pub(super) fn look(&mut self) -> Result<()> {
        let now = Instant::now();
        let at = (now - self.began).as_secs_f64();
        self.looked = now;
        for member in &mut self.members {
            if !member.has_ended {
                member.process.ensure_running()?;
            }
            for partition in member.has_read() {
                if let Some(partition) = self.partitions.get_mut(partition) {
                    partition.is_read(member.name, now, at);
                }
            }
        }
        Ok(())
    }

    /// Goes on after a time in which nobody looked, as if that time had not been: what was printed
    /// then is skipped, and it is no pause of any partition.
    pub(super) fn go_on(&mut self) {
        let unobserved = self.looked.elapsed();
        self.looked += unobserved;
        self.began += unobserved;
        for partition in &mut self.partitions {
            partition.last_read += unobserved;
        }
        for member in &mut self.members {
            member.has_read();
        }
    }

    /// For how many seconds it was looked at.
    pub(super) fn observed(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Whether each partition is being read.
    pub(super) fn is_read(&self) -> bool {
        self.partitions.iter().all(|partition| partition.last_read.elapsed() < JUST_NOW)
    }

    /// The members that read now, each once.
    pub(super) fn readers(&self) -> BTreeSet<&'static str> {
        let read = self.partitions.iter().filter_map(Partition::reader);
        let names = self.members.iter().map(|member| member.name);
        let read: BTreeSet<&str> = read.collect();
        names.filter(|name| read.contains(name)).collect()
    }

    /// The members that read nothing now.
    pub(super) fn idle(&self) -> impl Iterator<Item = &'static str> {
        let readers = self.readers();
        let left = self.members.iter().filter(|member| !member.has_ended);
        left.map(|member| member.name).filter(move |name| !readers.contains(name))
    }

    /// A member ends now; returns the partitions that it read.
    pub(super) fn end(&mut self, name: &str) -> Vec<usize> {
        for member in self.members.iter_mut().filter(|member| member.name == name) {
            member.has_ended = true;
        }
        for partition in &mut self.partitions {
            partition.longest_pause = Duration::ZERO;
        }
        let places = self.partitions.iter().enumerate();
        let theirs = places.filter(|(_, partition)| partition.reader() == Some(name));
        theirs.map(|(place, _)| place).collect()
    }

    /// Whether these partitions are read by members that have not ended, and all others too.
    pub(super) fn is_taken_over(&self, partitions: &[usize]) -> bool {
        let has_ended = |name| self.members.iter().any(|one| one.has_ended && one.name == name);
        let taken = |place: &usize| {
            self.partitions[*place].reader().is_some_and(|reader| !has_ended(reader))
        };
        self.is_read() && partitions.iter().all(taken)
    }

    /// How long nothing of a partition was printed, at the longest since a member was ended.
    pub(super) fn stood_still(&self, partition: usize) -> Duration {
        let partition = &self.partitions[partition];
        partition.longest_pause.max(partition.last_read.elapsed())
    }

    /// Who read each partition, and when.
    pub(super) fn rows(&self) -> Vec<Row> {
        let places = self.partitions.iter().enumerate();
        let row = |(place, partition): (usize, &Partition)| {
            Row::new(format!("partition {place}"), partition.spans.clone())
        };
        places.map(row).collect()
    }
}

impl Member {
    /// The partitions of which it has printed something since the last call.
    fn has_read(&mut self) -> BTreeSet<usize> {
        let said = self.process.said(Source::Stdout);
        let whole = said.rfind('\n').map_or(0, |end| end + 1);
        let new = said.get(self.seen..whole).unwrap_or_default();
        self.seen = whole;
        new.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

impl Partition {
    fn is_read(&mut self, member: &str, now: Instant, at: f64) {
        self.longest_pause = self.longest_pause.max(now - self.last_read);
        self.last_read = now;
        let current = self.spans.last_mut();
        match current.filter(|span| span.label == member && at - span.to < PAUSE) {
            Some(span) => span.to = at,
            None => self.spans.push(Span::new(at, at, member)),
        }
    }

    fn reader(&self) -> Option<&str> {
        self.spans.last().map(|span| span.label.as_str())
    }
}

#[cfg(test)]
mod tests {
    use kp_process::Call;

    use super::*;

    #[test]
    fn a_time_in_which_nobody_looked_is_no_pause() {
        let began = Instant::now() - Duration::from_secs(60);
        let mut group = Group::new("eager", began);
        let printer = Call::new("/bin/sh").args(["-c", "printf '0\\n1\\n2\\n'; exec sleep 60"]);
        let printer = printer.start().unwrap();
        let has_printed = |said: &str| (said.lines().count() == PARTITIONS).then_some(());
        printer.wait_for(Source::Stdout, Duration::from_secs(20), has_printed).unwrap();
        group.add("m1", printer);
        assert!(group.observed() >= 60.0);
        group.go_on();
        assert!(group.observed() < 30.0);
        assert!((0..PARTITIONS).all(|place| group.stood_still(place) < Duration::from_secs(30)));
        group.look().unwrap();
        assert!(group.readers().is_empty(), "what was printed meanwhile is skipped");
    }
}

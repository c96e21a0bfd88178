//! Carries out a fault, and waits until the cluster is whole again.

use std::time::Duration;

use anyhow::Result;

use super::schedule::{Kind, Planned, Victim};
use kp_process::interrupt::Interrupt;
use kp_process::wait::{self, Meanwhile};
use kp_stack::docker::cluster::{Broker, Cluster};

/// An election takes the 3 s after which a broker counts as dead, and a second or two.
const KNOWN_WITHIN: Duration = Duration::from_secs(30);

/// The topic and the group whose leader and coordinator are meant.
pub(super) struct Scope<'a> {
    pub(super) topic: &'a str,
    pub(super) group: &'a str,
}

/// Waits as long as the plan says, makes the fault, ends it, and waits until every partition is in
/// sync everywhere.
///
/// Returns the brokers that it hit.
///
/// # Errors
/// Docker failed, the cluster did not become whole, what was looked after meanwhile failed, or the
/// user wants an end.
pub(super) fn carry_out(
    planned: &Planned,
    scope: &Scope<'_>,
    cluster: &Cluster,
    interrupt: &Interrupt,
    meanwhile: Meanwhile<'_>,
) -> Result<i32> {
    wait::pass(planned.after, interrupt, meanwhile)?;
    let id = who(planned.victim, scope, cluster, interrupt)?;
    let broker = cluster.broker(id)?;
    let next = cluster.broker(id % 3 + 1)?;
    let hold = |meanwhile: Meanwhile<'_>| wait::pass(planned.hold, interrupt, meanwhile);
    match planned.kind {
        Kind::Kill => {
            broker.kill()?;
            hold(meanwhile)?;
            broker.start()?;
        }
        Kind::Pause => {
            broker.pause()?;
            hold(meanwhile)?;
            broker.resume()?;
        }
        Kind::Restart => {
            broker.stop(interrupt, meanwhile)?;
            hold(meanwhile)?;
            broker.start()?;
        }
        Kind::Cut => {
            broker.relay.cut();
            broker.disconnect(cluster.network())?;
            hold(meanwhile)?;
            broker.connect(cluster.network())?;
            broker.relay.mend();
        }
        Kind::Delay(delay) => {
            broker.relay.delay(delay);
            hold(meanwhile)?;
            broker.relay.mend();
        }
        Kind::Rolling => roll(cluster, planned.hold, interrupt, meanwhile)?,
        Kind::KillTwo => {
            both([broker, next], Broker::kill)?;
            hold(meanwhile)?;
            both([broker, next], Broker::start)?;
        }
        Kind::PauseTwo => {
            both([broker, next], Broker::pause)?;
            hold(meanwhile)?;
            both([broker, next], Broker::resume)?;
        }
    }
    cluster.wait_until_whole(interrupt, meanwhile)?;
    Ok(id)
}

fn who(victim: Victim, scope: &Scope<'_>, cluster: &Cluster, interrupt: &Interrupt) -> Result<i32> {
    let mut known = None;
    let what = format!("somebody is {victim}");
    wait::until(&what, KNOWN_WITHIN, interrupt, || {
        known = match victim {
            Victim::Leader => cluster.leader_of(scope.topic).ok(),
            Victim::Coordinator => cluster.coordinator_of(scope.group).ok(),
            Victim::Broker(id) => Some(id),
        };
        Ok(known.is_some())
    })?;
    Ok(known.unwrap_or(1))
}

fn both(brokers: [&Broker; 2], action: fn(&Broker) -> Result<()>) -> Result<()> {
    brokers.into_iter().try_for_each(action)
}

fn roll(
    cluster: &Cluster,
    hold: Duration,
    interrupt: &Interrupt,
    meanwhile: Meanwhile<'_>,
) -> Result<()> {
    for broker in cluster.brokers() {
        broker.stop(interrupt, meanwhile)?;
        wait::pass(hold, interrupt, meanwhile)?;
        broker.start()?;
        cluster.wait_until_whole(interrupt, meanwhile)?;
    }
    Ok(())
}

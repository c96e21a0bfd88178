//! The broker that everything is measured on: one in a container of its own, or one that is there.

use std::path::Path;
use std::process;

use anyhow::{Context, Result};

use super::folder::folder;
use kp_process::interrupt::Interrupt;
use kp_stack::docker;
use kp_stack::docker::single::Single;
use kp_stack::docker::stack::Stack;

/// A broker. One that was started here ends when this is dropped.
pub(super) enum Broker {
    /// Somebody else started it and will end it; its address.
    Given(String),
    /// The everyday stack's broker once more.
    Own(Single),
}

impl Broker {
    /// Starts the everyday stack's broker once more, under another name and on a free port.
    ///
    /// # Errors
    /// Docker is missing, the broker did not become ready, or the user wants an end.
    pub(super) fn start(interrupt: &Interrupt) -> Result<Self> {
        let name = format!("kp-bench-{}", process::id());
        let started = Single::start(Stack::Kraft, &name, &folder()?, interrupt);
        interrupt.check()?;
        let single = started.context(
            "there is no broker to measure on; `--bootstrap-server` names one that is there",
        )?;
        Ok(Self::Own(single))
    }

    /// Where clients reach it, as they take it.
    pub(super) fn bootstrap(&self) -> String {
        match self {
            Self::Given(address) => address.clone(),
            Self::Own(single) => single.address(),
        }
    }

    /// Its container, when it was started here.
    pub(super) fn container(&self) -> Option<&str> {
        match self {
            Self::Given(_) => None,
            Self::Own(single) => Some(single.broker()),
        }
    }

    /// What it runs on, in words.
    pub(super) fn describe(&self) -> String {
        let Some(container) = self.container() else {
            return format!("{}, started by somebody else", self.bootstrap());
        };
        let image = docker::image_of(container).unwrap_or_default();
        format!("one container of {image}, with the settings of docker-compose.yml")
    }

    /// Copies a file to where the tools in the container find it.
    ///
    /// # Errors
    /// Docker failed.
    pub(super) fn copy_in(&self, from: &Path, to: &str) -> Result<()> {
        if let Some(container) = self.container() {
            docker::ask(&["cp", &from.to_string_lossy(), &format!("{container}:{to}")])?;
        }
        Ok(())
    }

    /// Limits the broker to this part of a core's time; `None` lifts the limit. Returns whether
    /// that was possible.
    ///
    /// # Errors
    /// Docker failed.
    pub(super) fn limit_to(&self, cores: Option<f64>) -> Result<bool> {
        let Some(container) = self.container() else {
            return Ok(false);
        };
        let microseconds = cores.map_or(-1, |cores| (cores * 100_000.0) as i64);
        docker::ask(&["update", &format!("--cpu-quota={microseconds}"), container])?;
        Ok(true)
    }
}

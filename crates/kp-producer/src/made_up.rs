//! Messages that are made up: numbered values, perhaps of a given size, and keys by chance.

use std::collections::HashMap;
use std::time::Duration;

use kp_cli::Stop;
use kp_core::message;
use kp_settings::{Producer, Settings};
use rand::RngExt as _;
use rand::distr::Distribution as _;
use rand_distr::Zipf;

use crate::chance::{Chance, any_seed, from_seed};
use crate::filler::Filler;
use crate::template::{Template, lines_of};

/// Keys and values draw from seeds of their own, so that `--keys` does not change the values.
const FOR_KEYS: u64 = 0x6b65_7973;

/// Numbered messages.
pub(crate) struct MadeUp {
    /// The next number.
    next: u64,
    /// How many there are; `None` goes on until it is stopped.
    count: Option<u64>,
    keys: Option<Keys>,
    value: Value,
    /// Where chance started, if anything is drawn.
    seed: Option<u64>,
}

/// What a value is.
enum Value {
    /// `{"str":"result0"}`.
    Short,
    /// The same with letters behind it.
    Sized(Filler),
    /// What a template makes.
    Template(Template, Chance),
}

impl MadeUp {
    /// Reads from the settings what is to be made up.
    ///
    /// # Errors
    /// A template that is none or whose files cannot be read; the system gives no random number.
    pub(crate) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let producer = &settings.producer;
        let template = template(settings)?;
        let draws = producer.keys.is_some()
            || producer.size.is_some()
            || template.as_ref().is_some_and(Template::draws);
        let seed = match producer.seed {
            _ if !draws => None,
            Some(seed) => Some(seed),
            None => Some(any_seed()?),
        };
        let chance = |purpose| from_seed(seed.unwrap_or_default(), purpose);
        Ok(Self {
            next: 0,
            count: ends_by_count(settings).then_some(producer.count),
            keys: Keys::new(producer, chance(FOR_KEYS)),
            value: match (template, producer.size) {
                (Some(template), _) => Value::Template(template, chance(0)),
                (None, Some(size)) => Value::Sized(Filler::new(size, chance(0))),
                (None, None) => Value::Short,
            },
            seed,
        })
    }

    /// How many messages there will be, where that is known.
    pub(crate) fn len(&self) -> Option<u64> {
        self.count
    }

    /// From here on none is made up.
    pub(crate) fn stop(&mut self) {
        self.count = Some(self.next);
    }

    /// The number of the last message, from 0.
    pub(crate) fn number(&self) -> u64 {
        self.next.saturating_sub(1)
    }

    /// Where chance started, if anything is drawn.
    pub(crate) fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// The key of the last message, if it was drawn.
    pub(crate) fn key(&self) -> Option<&[u8]> {
        self.keys.as_ref().map(|keys| keys.key.as_slice())
    }

    /// Makes the next value up in `buffer`; false when there are no more.
    pub(crate) fn next(&mut self, buffer: &mut Vec<u8>) -> bool {
        if self.count.is_some_and(|count| self.next >= count) {
            return false;
        }
        buffer.clear();
        if let Some(keys) = &mut self.keys {
            keys.draw();
        }
        match &mut self.value {
            Value::Short => message::encode_numbered(self.next, buffer),
            Value::Sized(filler) => filler.fill(self.next, buffer),
            Value::Template(template, chance) => template.render(self.next, chance, buffer),
        }
        self.next += 1;
        true
    }
}

const TEMPLATE: &str = "producer.value_template";

/// The template of values, if there is one, with all that it chooses from.
fn template(settings: &Settings) -> Result<Option<Template>, Stop> {
    let Some(text) = &settings.producer.value_template else {
        return Ok(None);
    };
    // One file may be named twice, and a pipe be read once.
    let mut files = HashMap::new();
    let mut read = |path: &str| match files.get(path) {
        Some(read) => Result::clone(read),
        None => files.entry(path.to_owned()).or_insert(lines_of(path)).clone(),
    };
    let template = Template::parse(text, &mut read)
        .map_err(|mistake| Stop::wrong(settings, TEMPLATE, mistake))?;
    if let Some(mistake) = template.not_json() {
        tracing::warn!("--value-template: {mistake}");
    }
    Ok(Some(template))
}

/// With a duration only a count that somebody named ends the run.
fn ends_by_count(settings: &Settings) -> bool {
    settings.producer.duration.is_none() || settings.is_named("producer.count")
}

/// When the run ends by the clock.
pub(crate) fn ends_after(settings: &Settings) -> Option<Duration> {
    settings.producer.duration
}

/// Keys `key0`, `key1` and so on.
struct Keys {
    chance: Chance,
    count: u64,
    /// How much rarer the later ones are; `None` is evenly.
    law: Option<Zipf<f64>>,
    key: Vec<u8>,
}

impl Keys {
    fn new(producer: &Producer, chance: Chance) -> Option<Self> {
        let count = producer.keys?;
        let exponent = producer.zipf.map_or(0.0, kp_settings::Exponent::value);
        // Both are in the bounds that the law takes.
        let law = (exponent > 0.0).then(|| Zipf::new(count as f64, exponent).ok()).flatten();
        Some(Self { chance, count, law, key: Vec::new() })
    }

    fn draw(&mut self) {
        let number = match &self.law {
            None => self.chance.random_range(0..self.count),
            // Ranks begin with 1. The last is drawn from an interval that is closed by rounding.
            Some(law) => (law.sample(&mut self.chance) as u64).clamp(1, self.count) - 1,
        };
        self.key.clear();
        self.key.extend_from_slice(b"key");
        self.key.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }
}

/// Settings that say what is made up. Given by a flag or a variable, they mean that something is.
pub(crate) const SETTINGS: [&str; 4] =
    ["producer.duration", "producer.size", "producer.keys", TEMPLATE];

/// Looks for settings that mean nothing together.
///
/// # Errors
/// The first contradiction, naming both sides.
pub(crate) fn check(settings: &Settings, stdin: bool) -> Result<(), Stop> {
    let producer = &settings.producer;
    let wrong = |key: &str, why: &str| Err(Stop::wrong(settings, key, why));
    if stdin {
        for key in SETTINGS {
            if settings.is_typed(key) {
                return wrong(
                    key,
                    "is for messages that are made up, and an input is sent; leave out one of them (--stdin, --file)",
                );
            }
        }
    }
    if producer.value_template.is_some() && producer.size.is_some() {
        return wrong(TEMPLATE, "not together with --size: what it makes has a size of its own");
    }
    if producer.keys.is_some() && producer.key.is_some() {
        return wrong("producer.keys", "not together with a key for all messages (--key)");
    }
    if producer.keys.is_none() && settings.is_typed("producer.zipf") {
        return wrong("producer.zipf", "says how uneven keys are; name their number with --keys");
    }
    let draws = producer.keys.is_some() || producer.size.is_some();
    if (stdin || !(draws || producer.value_template.is_some()))
        && settings.is_typed("producer.seed")
    {
        let why = "nothing is drawn by chance without --keys, --size or --value-template";
        return wrong("producer.seed", why);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    use kp_settings::{FlagValue, Input, load};

    fn settings(flags: &[(&str, &str)]) -> Settings {
        let mut input = Input::default();
        for (name, value) in flags {
            input.flags.push(FlagValue {
                key: format!("producer.{name}"),
                flag: format!("--{}", name.replace('_', "-")),
                values: vec![(*value).to_owned()],
            });
        }
        load(&input).unwrap()
    }

    fn made(flags: &[(&str, &str)], most: usize) -> Vec<(Option<String>, String)> {
        let mut made_up = MadeUp::new(&settings(flags)).unwrap();
        let mut buffer = Vec::new();
        let mut all = Vec::new();
        while all.len() < most && made_up.next(&mut buffer) {
            let key = made_up.key().map(|key| String::from_utf8(key.to_vec()).unwrap());
            all.push((key, String::from_utf8(buffer.clone()).unwrap()));
        }
        all
    }

    #[test]
    fn a_duration_alone_has_no_end_by_number() {
        let len = |flags| MadeUp::new(&settings(flags)).unwrap().len();
        assert_eq!(len(&[]), Some(1000));
        assert_eq!(len(&[("count", "7")]), Some(7));
        assert_eq!(len(&[("duration", "1s")]), None);
        assert_eq!(len(&[("duration", "1s"), ("count", "7")]), Some(7));
    }

    #[test]
    fn the_same_seed_makes_the_same_messages_and_keys_do_not_change_values() {
        let flags = [("keys", "100"), ("size", "60"), ("seed", "7")];
        let first = made(&flags, 50);
        assert_eq!(first, made(&flags, 50));
        let other = made(&[("keys", "100"), ("size", "60"), ("seed", "8")], 50);
        assert_ne!(first, other);
        let keyless = made(&flags[1..], 50);
        let values = |all: &[(Option<String>, String)]| {
            all.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        assert_eq!(values(&first), values(&keyless));
        assert_ne!(made(&flags[..2], 50), made(&flags[..2], 50), "each run draws its own seed");
    }

    /// How often each of these keys is drawn in 100,000.
    fn counts(zipf: &[(&str, &str)], keys: usize) -> Vec<u32> {
        let number = keys.to_string();
        let mut flags = vec![("keys", number.as_str()), ("seed", "1"), ("count", "100000")];
        flags.extend(zipf);
        let mut counts = vec![0; keys];
        for (key, _) in made(&flags, usize::MAX) {
            let number: usize = key.unwrap().strip_prefix("key").unwrap().parse().unwrap();
            counts[number] += 1;
        }
        counts
    }

    #[test]
    fn keys_are_even_without_an_exponent_and_follow_zipf_with_one() {
        for count in counts(&[], 10) {
            assert!((9_500..10_500).contains(&count), "{count}");
        }
        assert_eq!(counts(&[("zipf", "0")], 10), counts(&[], 10));
        let exponent = 1.2_f64;
        let weights: Vec<f64> = (1..=10).map(|rank| f64::from(rank).powf(-exponent)).collect();
        let sum: f64 = weights.iter().sum();
        for (count, weight) in counts(&[("zipf", "1.2")], 10).into_iter().zip(weights) {
            let expected = weight / sum * 100_000.0;
            // Five standard deviations.
            assert!(
                (f64::from(count) - expected).abs() < 5.0 * expected.sqrt(),
                "{count} {expected}"
            );
        }
        assert_eq!(counts(&[("zipf", "10")], 1), [100_000]);
    }
}

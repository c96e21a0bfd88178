//! What several commands take.

use kp_client::admin::Chosen;
use kp_settings::{LocalZone, Partitions, StartAt};

pub(crate) fn topic_name(name: &str) -> Result<String, String> {
    kp_settings::check_topic_name(name).map(|()| name.to_owned())
}

/// `NAME=VALUE`.
pub(crate) fn config(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a config is NAME=VALUE, such as retention.ms=60000".to_owned()),
    }
}

/// Reads `orders`, or `orders:0,2-4` for some of its partitions.
pub(crate) fn chosen(text: &str) -> Result<Chosen, String> {
    let (name, numbers) = match text.split_once(':') {
        Some((name, numbers)) => (name, Some(numbers)),
        None => (text, None),
    };
    let topic = topic_name(name)?;
    let Some(numbers) = numbers else {
        return Ok(Chosen { topic, partitions: None });
    };
    let wrong = |_| {
        let mut parts = numbers.split(',');
        let part = parts.find(|part| part.parse::<Partitions>().is_err()).unwrap_or(numbers);
        format!("{part:?} is no partition; write {topic}:0,2 or {topic}:0-4")
    };
    let partitions = numbers.parse::<Partitions>().map_err(wrong)?.numbers().collect();
    Ok(Chosen { topic, partitions: Some(partitions) })
}

/// The reverse: `orders:0,2-4`.
pub(crate) fn places(topic: &str, partitions: Vec<i32>) -> String {
    format!("{topic}:{}", partitions.into_iter().collect::<Partitions>())
}

/// `@TIME`.
pub(crate) fn moment(text: &str) -> Result<StartAt, String> {
    match StartAt::read(text, &LocalZone::System) {
        Ok(time @ StartAt::Time(_)) => Ok(time),
        Err(error) if text.starts_with('@') => Err(error.to_string()),
        _ => Err("a time is @TIME, such as @2026-11-23T10:00:00Z or @-1h".to_owned()),
    }
}

/// An offset, or `@TIME`.
pub(crate) fn offset_or_moment(text: &str) -> Result<StartAt, String> {
    match StartAt::read(text, &LocalZone::System) {
        Ok(place @ (StartAt::Offset(_) | StartAt::Time(_))) => Ok(place),
        Err(error) if text.starts_with('@') => Err(error.to_string()),
        _ => Err("it is an offset such as 42, or @TIME such as @2026-11-23T10:00:00Z".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_chosen_whole_or_by_its_partitions() {
        let read = |text| chosen(text).map(|chosen| (chosen.topic, chosen.partitions));
        let topic = || "orders".to_owned();
        assert_eq!(read("orders"), Ok((topic(), None)));
        assert_eq!(read("orders:3"), Ok((topic(), Some(vec![3]))));
        assert_eq!(read("orders:0,2-4"), Ok((topic(), Some(vec![0, 2, 3, 4]))));
        for not in ["", ":1", "orders:", "orders:x", "orders:-1", "orders:1-", "orders:+1", "a b"] {
            assert!(chosen(not).is_err(), "{not}");
        }
        assert!(chosen("orders:0-2000000000").is_err());
    }

    #[test]
    fn what_is_shown_can_be_chosen() {
        assert_eq!(places("orders", vec![4, 0, 2, 3]), "orders:0,2-4");
        let read = chosen(&places("orders", vec![0, 1, 5])).unwrap();
        assert_eq!(read.partitions, Some(vec![0, 1, 5]));
    }
}

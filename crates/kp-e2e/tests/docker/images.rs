//! Which images the brokers run from. The same variables name them for the Compose files.

use testcontainers::GenericImage;

/// Kafka without ZooKeeper.
pub(crate) fn kafka() -> GenericImage {
    image("KP_KAFKA_IMAGE", "apache/kafka:4.3.1")
}

/// ZooKeeper.
pub(crate) fn zookeeper() -> GenericImage {
    image("KP_ZOOKEEPER_IMAGE", "confluentinc/cp-zookeeper:7.9.0")
}

/// Kafka that keeps its metadata in ZooKeeper.
pub(crate) fn kafka_with_zookeeper() -> GenericImage {
    image("KP_ZOOKEEPER_KAFKA_IMAGE", "confluentinc/cp-kafka:7.9.0")
}

fn image(variable: &str, default: &str) -> GenericImage {
    let reference = std::env::var(variable)
        .ok()
        .filter(|reference| !reference.is_empty())
        .unwrap_or_else(|| default.to_owned());
    // A colon before the last slash belongs to a registry's port.
    match reference.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
        Some((name, tag)) => GenericImage::new(name, tag),
        None => GenericImage::new(reference.as_str(), "latest"),
    }
}

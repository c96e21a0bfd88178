//! `kp-producer`: sends messages to a Kafka topic.
#![forbid(unsafe_code)]

fn main() -> ! {
    kp_cli::program("kp-producer", kp_producer::run)
}

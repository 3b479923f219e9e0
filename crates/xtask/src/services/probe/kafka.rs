//! Kafka is asked for its brokers. It names itself once it has registered with the controller, and may then lead partitions.

use anyhow::{Result, ensure};

use super::ask;

/// Key and version of the Metadata request, and the number by which the answer is known.
const METADATA: i16 = 3;
const VERSION: i16 = 1;
const NUMBER: i32 = 7;

/// Asks the broker on a port.
pub fn kafka(port: u16) -> Result<()> {
    let answer = ask(port, &question(), |front| u32::from_be_bytes(front) as usize)?;
    let brokers = brokers(&answer);
    ensure!(
        brokers.is_some_and(|count| count > 0),
        "it has not registered with its controller yet"
    );
    Ok(())
}

/// Which brokers there are; of no topic.
fn question() -> Vec<u8> {
    const CLIENT: &str = "xtask";
    let mut body = Vec::new();
    body.extend(METADATA.to_be_bytes());
    body.extend(VERSION.to_be_bytes());
    body.extend(NUMBER.to_be_bytes());
    body.extend((CLIENT.len() as i16).to_be_bytes());
    body.extend(CLIENT.as_bytes());
    body.extend(0_i32.to_be_bytes());
    [(body.len() as i32).to_be_bytes().to_vec(), body].concat()
}

/// The answer begins with our number and the count of brokers.
fn brokers(answer: &[u8]) -> Option<i32> {
    let number = |from: usize| Some(i32::from_be_bytes(answer.get(from..from + 4)?.try_into().ok()?));
    (number(0)? == NUMBER).then(|| number(4))?
}

#[cfg(test)]
mod tests {
    use super::super::answering;
    use super::*;

    fn answer(count: i32) -> Vec<u8> {
        [8_i32, NUMBER, count].iter().flat_map(|number| number.to_be_bytes()).collect()
    }

    #[test]
    fn a_broker_that_is_registered_is_healthy() {
        kafka(answering(answer(1))).unwrap();
        assert!(kafka(answering(answer(0))).unwrap_err().to_string().contains("not registered"));
        assert!(
            kafka(answering(b"HTTP/1.1 400 Bad Request".to_vec()))
                .unwrap_err()
                .to_string()
                .contains("protocol")
        );
        assert!(kafka(answering(Vec::new())).is_err());
    }

    #[test]
    fn the_question_carries_its_length() {
        let question = question();
        assert_eq!(u32::from_be_bytes(question[..4].try_into().unwrap()) as usize, question.len() - 4);
    }
}

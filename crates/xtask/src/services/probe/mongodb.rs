//! MongoDB is asked with `ping`, which FerretDB answers only when its SQLite files answer.

use anyhow::{Result, ensure};

use super::ask;

/// The kind of message that all present servers understand.
const OP_MSG: i32 = 2013;

/// Asks the server on a port.
pub fn mongodb(port: u16) -> Result<()> {
    // The length counts its own four bytes too.
    let answer = ask(port, &question(), |front| (u32::from_le_bytes(front) as usize).saturating_sub(4))?;
    ensure!(is_ok(&answer), "it refuses `ping`");
    Ok(())
}

/// `{ping: 1, $db: "admin"}`.
fn question() -> Vec<u8> {
    let fields = [
        b"\x10ping\0".as_slice(),
        &1_i32.to_le_bytes(),
        b"\x02$db\0",
        &6_i32.to_le_bytes(),
        b"admin\0",
        b"\0",
    ]
    .concat();
    let document = [((fields.len() + 4) as i32).to_le_bytes().to_vec(), fields].concat();
    // No flags, then a section that is one document.
    let body = [0_i32.to_le_bytes().to_vec(), vec![0], document].concat();
    let head = [(body.len() + 16) as i32, 1, 0, OP_MSG];
    [head.iter().flat_map(|number| number.to_le_bytes()).collect(), body].concat()
}

/// Whether the document of the answer has `ok: 1.0`.
fn is_ok(answer: &[u8]) -> bool {
    let field = [b"\x01ok\0".as_slice(), &1_f64.to_le_bytes()].concat();
    answer.windows(field.len()).any(|bytes| bytes == field)
}

#[cfg(test)]
mod tests {
    use super::super::answering;
    use super::*;

    fn answer(ok: f64) -> Vec<u8> {
        let document = [b"\x11\0\0\0\x01ok\0".as_slice(), &ok.to_le_bytes(), b"\0"].concat();
        let body = [vec![0; 5], document].concat();
        let head = [(body.len() + 16) as i32, 2, 1, OP_MSG];
        [head.iter().flat_map(|number| number.to_le_bytes()).collect(), body].concat()
    }

    #[test]
    fn only_ok_is_healthy() {
        mongodb(answering(answer(1.0))).unwrap();
        assert!(mongodb(answering(answer(0.0))).unwrap_err().to_string().contains("refuses"));
    }

    #[test]
    fn the_question_carries_its_lengths() {
        let question = question();
        let number = |from: usize| u32::from_le_bytes(question[from..from + 4].try_into().unwrap()) as usize;
        assert_eq!(number(0), question.len());
        assert_eq!(number(21), question.len() - 21);
    }
}

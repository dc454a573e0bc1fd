//! A kept HTTP/1.1 connection that costs its core as little as it can.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// A connection over which one request at a time is answered.
pub(crate) struct Kept {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Where an answer's parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) status: u16,
    pub(crate) head: usize,
    pub(crate) body: usize,
}

impl Kept {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 64 << 10] })
    }

    /// The answer as it came.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Outcome<(Shape, &[u8])> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let shape = loop {
            if filled == self.buffer.len() {
                self.buffer.resize(filled * 2, 0);
            }
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            filled += read;
            if let Some(shape) = shape(&self.buffer[..filled])? {
                // A body's rest is read without looking at the head again.
                while filled < shape.head + shape.body {
                    if self.buffer.len() < shape.head + shape.body {
                        self.buffer.resize(shape.head + shape.body, 0);
                    }
                    filled += self.stream.read(&mut self.buffer[filled..]).await?;
                }
                break shape;
            }
        };
        Ok((shape, &self.buffer[..filled]))
    }
}

/// `None` while the head is not complete.
pub(crate) fn shape(answer: &[u8]) -> Outcome<Option<Shape>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = &answer[..end + 2];
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.trim().parse::<usize>().ok();
    let status = head.get(9..12).and_then(number).ok_or("no status")?;
    let body = value(head, b"content-length").and_then(number).ok_or("an answer without a content-length")?;
    Ok(Some(Shape { status: u16::try_from(status)?, head: end + 4, body }))
}

fn value<'h>(head: &'h [u8], name: &[u8]) -> Option<&'h [u8]> {
    let mut lines = head.split(|byte| *byte == b'\n');
    let line = lines.find(|line| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name))?;
    line.get(name.len() + 1..)
}

/// The names and values of an answer's header lines, in their order.
pub(crate) fn headers(head: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(head);
    let lines = text.lines().skip(1).filter_map(|line| line.split_once(": "));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

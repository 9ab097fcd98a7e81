//! Lines of a pipe, in bounded memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::JoinHandle;
use tokio::time::{Duration, Instant, timeout};

/// One line, without its end.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Line {
    /// Its bytes, cut where it is too long.
    pub bytes: Vec<u8>,
    /// How many bytes it has.
    pub size: u64,
}

impl Line {
    /// Whether a part of it is missing.
    pub fn is_cut(&self) -> bool {
        self.size > self.bytes.len() as u64
    }
}

/// Reads lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    source: R,
    /// What was read and not taken yet.
    chunk: Vec<u8>,
    taken: usize,
    /// The line that has begun.
    line: Line,
    /// Bytes of a line that are kept.
    limit: usize,
    ended: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    /// Lines of a source, each cut after `limit` bytes.
    pub fn new(source: R, limit: usize) -> Lines<R> {
        Lines {
            source,
            chunk: Vec::with_capacity(16 * 1024),
            taken: 0,
            line: Line::default(),
            limit,
            ended: false,
        }
    }

    /// From now on lines are cut after so many bytes.
    pub fn cut_after(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Whether the source has ended.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// The line that has begun and has no end yet.
    pub fn begun(&self) -> &[u8] {
        &self.line.bytes
    }

    /// How many bytes have come of that line.
    pub fn begun_size(&self) -> u64 {
        self.line.size
    }

    /// Leaves out everything that was read.
    pub fn forget(&mut self) {
        self.taken = self.chunk.len();
        self.line = Line::default();
    }

    /// The next line; nothing when a part of one came, or when the source has ended. Nothing is lost where the future is
    /// dropped.
    pub async fn next(&mut self) -> Option<Line> {
        if self.taken == self.chunk.len() {
            self.chunk.clear();
            self.taken = 0;
            // A pipe that cannot be read any more has ended.
            let read = self.source.read_buf(&mut self.chunk).await.unwrap_or(0);
            if read == 0 {
                self.ended = true;
                return None;
            }
        }
        let rest = &self.chunk[self.taken..];
        let end = rest.iter().position(|byte| *byte == b'\n');
        let part = &rest[..end.unwrap_or(rest.len())];
        let room = self.limit.saturating_sub(self.line.bytes.len());
        self.line
            .bytes
            .extend_from_slice(&part[..part.len().min(room)]);
        self.line.size += part.len() as u64;
        self.taken += part.len() + usize::from(end.is_some());
        end.map(|_| std::mem::take(&mut self.line))
    }
}

/// The last lines of standard error, read all the time: a server that nobody listens to would stop at a full pipe.
#[derive(Debug)]
pub(super) struct Tail {
    kept: Arc<Mutex<Kept>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<Vec<u8>>,
    first: Option<Instant>,
    last: Option<Instant>,
}

/// Lines that are kept.
pub(super) const KEPT_LINES: usize = 20;
/// Bytes of each that are kept.
pub(super) const KEPT_BYTES: usize = 2 * 1024;
/// What may still be in the pipe after the process has ended.
const REST: Duration = Duration::from_millis(300);

impl Tail {
    /// Begins to read.
    pub fn of(source: impl AsyncRead + Unpin + Send + 'static) -> Tail {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let task = tokio::spawn({
            let kept = Arc::clone(&kept);
            async move {
                let mut lines = Lines::new(source, KEPT_BYTES);
                while !lines.is_ended() {
                    let line = lines.next().await;
                    let unended = lines.is_ended() && !lines.begun().is_empty();
                    let line = match unended {
                        true => Some(lines.begun().to_vec()),
                        false => line.map(|line| line.bytes),
                    };
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    if !lines.is_ended() {
                        kept.first = kept.first.or_else(|| Some(Instant::now()));
                        kept.last = Some(Instant::now());
                    }
                    if let Some(line) = line.filter(|line| !line.trim_ascii().is_empty()) {
                        kept.lines.push_back(line);
                    }
                    while kept.lines.len() > KEPT_LINES {
                        kept.lines.pop_front();
                    }
                }
            }
        });
        Tail { kept, task }
    }

    /// When something came first, and when last.
    pub fn heard(&self) -> Option<(Instant, Instant)> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.first.zip(kept.last)
    }

    /// The last lines. Something that the process started may hold the pipe open, so its end is not waited for long.
    pub async fn finish(mut self) -> Vec<String> {
        if timeout(REST, &mut self.task).await.is_err() {
            self.task.abort();
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = kept.lines.iter();
        lines
            .map(|line| String::from_utf8_lossy(line).trim_end().to_owned())
            .collect()
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        runtime.block_on(work)
    }

    #[test]
    fn lines_are_cut_and_told_apart_from_what_has_no_end() {
        run(async {
            let text = format!("a\n\n{}\nrest", "x".repeat(100_000));
            let mut lines = Lines::new(text.as_bytes(), 10);
            let mut found = Vec::new();
            while !lines.is_ended() {
                found.extend(lines.next().await);
            }
            let sizes: Vec<(usize, u64)> = found
                .iter()
                .map(|line| (line.bytes.len(), line.size))
                .collect();
            assert_eq!(sizes, [(1, 1), (0, 0), (10, 100_000)]);
            assert!(found[2].is_cut() && !found[0].is_cut());
            assert_eq!(lines.begun(), b"rest");
        });
    }

    #[test]
    fn the_last_lines_are_kept() {
        run(async {
            let mut text: String = (0..100).map(|n| format!("line {n}\r\n\n")).collect();
            text.push_str(&"é".repeat(5_000));
            let tail = Tail::of(std::io::Cursor::new(text.into_bytes()));
            let lines = tail.finish().await;
            assert_eq!(lines.len(), KEPT_LINES);
            assert_eq!(lines[18], "line 99");
            assert_eq!(lines[19], "é".repeat(KEPT_BYTES / 2));
        });
    }
}

//! A bounded queue of lines, and the thread that writes it away.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use super::{Reason, Sink, WRITING, dropped, write_at_once, write_line};

enum Message {
    Line(Box<[u8]>),
    /// Answers when all before it is written.
    Flush(Sender<()>),
    /// Nothing comes behind this.
    Close,
}

/// Whoever logs reads this, and does not wait but for whoever closes it.
pub(crate) struct Queue(RwLock<State>);

enum State {
    Open(SyncSender<Message>, Option<JoinHandle<Box<dyn Sink>>>),
    Closed(Mutex<Box<dyn Sink>>),
}

impl Queue {
    pub(super) fn start(sink: Box<dyn Sink>, lines: usize) -> io::Result<Self> {
        let (send, receive) = sync_channel(lines);
        let thread = thread::Builder::new().name("tallied-logs".into()).spawn(move || run(sink, &receive))?;
        Ok(Queue(RwLock::new(State::Open(send, Some(thread)))))
    }

    pub(super) fn write(&self, line: &[u8]) {
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            State::Open(send, _) => match send.try_send(Message::Line(line.into())) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => dropped(Reason::QueueFull),
                Err(TrySendError::Disconnected(_)) => dropped(Reason::WriteFailed),
            },
            State::Closed(sink) => write_at_once(sink, line),
        }
    }

    pub(super) fn flush(&self) {
        if let State::Open(send, _) = &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            let (done, wait) = channel();
            if send.send(Message::Flush(done)).is_ok() {
                // An error means that the thread has ended.
                let _ = wait.recv();
            }
        }
    }

    pub(super) fn close(&self) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let State::Open(send, thread) = &mut *state else { return };
        // Waits for room, if there is none; the thread makes some.
        let _ = send.send(Message::Close);
        // It panics only if a writer of the user's does; then that is gone, and lines are counted as lost.
        if let Some(Ok(sink)) = thread.take().map(JoinHandle::join) {
            *state = State::Closed(Mutex::new(sink));
        }
    }
}

fn run(mut sink: Box<dyn Sink>, receive: &Receiver<Message>) -> Box<dyn Sink> {
    // A writer that logs would wait for itself.
    WRITING.set(true);
    let mut is_flushed = true;
    loop {
        let message = receive.try_recv().or_else(|_| {
            // Nobody is behind it for now.
            if !std::mem::replace(&mut is_flushed, true) {
                let _ = sink.flush();
            }
            receive.recv()
        });
        // All who could send are gone.
        let Ok(message) = message else { return sink };
        match message {
            Message::Line(line) => {
                write_line(&mut *sink, &line);
                is_flushed = false;
            }
            Message::Flush(done) => {
                let _ = sink.flush();
                let _ = done.send(());
            }
            Message::Close => {
                let _ = sink.flush();
                return sink;
            }
        }
    }
}

//! A bounded queue of lines, and the thread that writes it away.

use std::io;
use std::sync::mpsc::{Receiver, Sender, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{self, JoinHandle};

use super::{Reason, Sink, WRITING, dropped, flush, write_at_once, write_line};

enum Message {
    Line(Box<[u8]>),
    /// Answers when all before it is written.
    Flush(Sender<()>),
    /// It shall end.
    Close,
}

/// Whoever logs reads this, and waits for nobody.
pub(crate) struct Queue {
    state: RwLock<State>,
    /// Held by whoever closes it.
    thread: Mutex<Option<JoinHandle<Rest>>>,
}

/// What the thread gives back.
type Rest = (Box<dyn Sink>, Receiver<Message>);

enum State {
    Open(SyncSender<Message>),
    Closed(Mutex<Box<dyn Sink>>),
}

impl Queue {
    pub(super) fn start(sink: Box<dyn Sink>, lines: usize) -> io::Result<Self> {
        let (send, receive) = sync_channel(lines);
        let thread = thread::Builder::new().name("tallied-logs".into()).spawn(move || run(sink, receive))?;
        Ok(Queue { state: RwLock::new(State::Open(send)), thread: Mutex::new(Some(thread)) })
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn write(&self, line: &[u8]) {
        match &*self.state() {
            State::Open(send) => match send.try_send(Message::Line(line.into())) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => dropped(Reason::QueueFull),
                Err(TrySendError::Disconnected(_)) => dropped(Reason::WriteFailed),
            },
            State::Closed(sink) => write_at_once(sink, line),
        }
    }

    /// The queue's end for senders, without a lock that is held.
    fn sender(&self) -> Option<SyncSender<Message>> {
        if let State::Open(send) = &*self.state() { Some(send.clone()) } else { None }
    }

    pub(super) fn flush(&self) {
        let Some(send) = self.sender() else { return };
        let (done, wait) = channel();
        if send.send(Message::Flush(done)).is_ok() {
            // An error means that the thread has ended, and so has written what there was.
            let _ = wait.recv();
        }
    }

    pub(super) fn close(&self) {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        let (Some(ending), Some(send)) = (thread.take(), self.sender()) else { return };
        // Waits for room, if there is none; the thread makes some.
        let _ = send.send(Message::Close);
        // It does not panic.
        let Ok((mut sink, receive)) = ending.join() else { return };
        // Nobody can send any more; what came behind the end is not lost.
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        while let Ok(message) = receive.try_recv() {
            if let Message::Line(line) = message {
                write_line(&mut *sink, &line);
            }
        }
        flush(&mut *sink);
        *state = State::Closed(Mutex::new(sink));
    }
}

fn run(mut sink: Box<dyn Sink>, receive: Receiver<Message>) -> Rest {
    // A writer that logs would wait for itself.
    WRITING.set(true);
    let mut is_flushed = true;
    loop {
        let message = receive.try_recv().or_else(|_| {
            // Nobody is behind it for now.
            if !std::mem::replace(&mut is_flushed, true) {
                flush(&mut *sink);
            }
            receive.recv()
        });
        match message {
            Ok(Message::Line(line)) => {
                write_line(&mut *sink, &line);
                is_flushed = false;
            }
            Ok(Message::Flush(done)) => {
                flush(&mut *sink);
                let _ = done.send(());
            }
            // All who could send are gone, or one says so.
            Ok(Message::Close) | Err(_) => return (sink, receive),
        }
    }
}

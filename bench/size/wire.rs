//! The wire as embedded-io-async sees it.

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

pub struct Wire;

impl ErrorType for Wire {
    type Error = ErrorKind;
}

impl Read for Wire {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(size_rt::receive(buffer))
    }
}

impl Write for Wire {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        size_rt::send(bytes);
        Ok(bytes.len())
    }
    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

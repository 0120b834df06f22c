//! MQTT 3.1.1 and 5.0 as sans-I/O state machines.
#![no_std]

//! Asterisk and FreePBX over AMI.

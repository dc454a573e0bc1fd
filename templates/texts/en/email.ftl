# Signing in by a code sent by e-mail.
email-address = Email address
email-hint = We will send you a code to sign in with.
enter-email = Enter your email address.
other-ways-to-sign-in = Other ways to sign in
enter-code-sent-to = Enter the code we sent to { $email }
code = Code
code-hint = Six digits. If no email arrives within a minute, check your spam folder.
enter-code = Enter the six digits of the code.
wrong-code = This code is wrong or no longer valid. Check it, or send a new one.
too-many-codes = Too many codes were asked for. Wait { $span }, then try again.
send-new-code = Send a new code
use-other-address = Use another email address

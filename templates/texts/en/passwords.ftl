# Passwords that are chosen: what is asked for, and what one lacks.
password-least = { $least ->
    [one] At least { $least } character.
   *[other] At least { $least } characters.
}
password-kinds = It needs a lowercase letter, an uppercase letter and a digit.
password-advice = A few unrelated words make a good password.
password-too-short = { $least ->
    [one] It needs at least { $least } character.
   *[other] It needs at least { $least } characters.
}
password-too-long = This password is too long.
password-guessable = This password is easy to guess. Make it longer, or choose a less common one.
password-repetitive = It may not contain the same character three times in a row.
password-personal = It may not contain your name or your email address.
password-common = This password is not allowed here. Choose another one.
password-used-before = You have used this password before. Choose another one.
too-many-tries = Too many attempts. Wait { $span }, then try again.
new-password = New password
forgot-title = Forgot your password?
forgot-lede = We will send you a link to choose a new one.
send-link = Send the link
back-to-sign-in = Back to sign in
link-sent = Check your email
    .text = If there is an account for { $email }, we have sent a link to choose a new password. It is valid for one hour and can be used once.
choose-password-title = Choose a new password
choose-password-for = for { $email }
save-password = Save password
password-saved = Your password was changed
    .text = You are signed out everywhere else. Sign in with your new password.
ticket-ended = This link is no longer valid
    .text = It was already used, is too old, or was replaced by a newer one. Go back to where you asked for it, and ask for a new one.
verify-title = Confirm your email address
verify-lede = Confirm that { $email } is yours.
verify-button = Confirm email address
email-verified = Your email address is confirmed
    .text = You can close this page.
password-mail-unreadable = Enter your email address.

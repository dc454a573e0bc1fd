# Passwords that are chosen: what is asked for, and what one lacks.
password-least = { $least ->
    [one] At least { $least } character.
   *[other] At least { $least } characters.
}
password-kinds = It needs a small letter, a capital letter and a digit.
password-advice = A few words that do not belong together are a good password.
password-too-short = { $least ->
    [one] It needs at least { $least } character.
   *[other] It needs at least { $least } characters.
}
password-too-long = This password is too long.
password-guessable = This password is easy to guess. Make it longer or less usual.
password-repetitive = No character may come three times in a row.
password-personal = It may not contain your name or your email address.
password-common = This password may not be used here.
password-used-before = You used this password before. Choose another one.
too-many-tries = There were too many tries. Wait { $span }, then try again.
new-password = New password
forgot-title = Forgot your password?
forgot-lede = We send you a link to choose a new one.
send-link = Send the link
back-to-sign-in = Back to sign in
link-sent = Look into your mailbox
    .text = If { $email } has an account here, we have sent a link to choose a new password. It is valid for one hour and can be used once.
choose-password-title = Choose a new password
choose-password-for = for { $email }
save-password = Save the password
password-saved = Your password was changed
    .text = You are signed out everywhere else. Sign in with your new password.
ticket-ended = This link has ended
    .text = It was used, is too old, or was replaced by a newer one. Ask for a new link where you got this one.
verify-title = Confirm your address
verify-lede = Confirm that { $email } is yours.
verify-button = Confirm the address
email-verified = Your address is confirmed
    .text = You can close this page.
password-mail-unreadable = Enter your email address.

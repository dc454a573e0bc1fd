# Mails: the subject without and with an organization, the text, and the label of the link.
mail-code = Your sign-in code
    .for = Your code for { $place }
    .text = { $minutes ->
        [one] Enter this code on the page that asks for it. It is valid for { $minutes } minute.
       *[other] Enter this code on the page that asks for it. It is valid for { $minutes } minutes.
    }
mail-account-exists = You already have an account
    .for = You already have an account at { $place }
    .text = Somebody, probably you, tried to sign up with this address. There is already an account for it: go back and sign in. If you have forgotten the password, you can choose a new one there.
mail-invitation = You are invited
    .for = You are invited to { $place }
    .text = { $inviter } invites you to join { $place } in { $application }.
    .button = Accept the invitation
    .footer = You are receiving this email because { $inviter } invited you. If you do not know them, you can ignore it.
mail-password-reset = Choose a new password
    .for = Choose a new password for { $place }
    .text = Somebody, probably you, asked to change the password of this account. The link can be used once.
    .button = Choose a new password
mail-password-changed = Your password was changed
    .for = Your password for { $place } was changed
    .text = The password of this account was changed. If it was not you, choose a new password at once and tell your administrator.
    .footer = This email is sent each time the password of an account is changed.
mail-new-account = Confirm your email address
    .for = Confirm your email address for { $place }
    .text = Confirm that this email address is yours, and choose the password of your new account. The link can be used once.
    .button = Confirm email address
mail-verification = Confirm your email address
    .for = Confirm your email address for { $place }
    .text = Confirm that this email address is yours. The link can be used once.
    .button = Confirm email address
mail-footer = You are receiving this email because of a sign-in. If you did not ask for it, you can ignore it.

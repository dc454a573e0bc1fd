# An organization's page.
sign-in-to = Sign in to { $place }
other-account-needed = You are signed in as { $person }, but { $place } needs another account.
no-options-title = There is no way to sign in yet.
no-options-organization = No sign-in option is enabled for { $place }. Ask your organization’s administrator to enable one, then reload this page.
no-options-application = No sign-in option is enabled for { $place }. Ask the people who run it to enable one, then reload this page.
ways-to-sign-in = Ways to sign in
continue-with = Continue with { $option }
email-or-username = Email or username
password = Password
sign-in = Sign in
not-your-organization = Not { $organization }?
choose-another-organization = Choose another organization
choose-an-organization = Choose an organization
wrong-credentials = Wrong email, username or password.
enter-credentials = Enter your email or username and your password.
passwords-busy = Many people are signing in. Try again in a moment.
too-many-failures = Too many failed attempts. Wait { $span }, then try again.

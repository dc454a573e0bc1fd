# The pre-login picker.
choose-your-organization = Choose your organization
choose-your-organization-for = Choose your organization – { $application }
used-on-this-device = Used on this device
organization-name = Organization name
organization-name-hint = The short name your organization signs in with. Ask your administrator if you do not know it.
no-organization = No organization?
use-personal-account = Use a personal account
enter-organization-name = Enter your organization’s name.
organization-not-found = We could not find that organization. Check the spelling, or ask your administrator.
work-email = Work email
work-email-hint = We find your organization by the part after the @.
organization-name-or-email = Work email or organization name
organization-name-or-email-hint = Your address at work, or the short name your organization signs in with.
enter-work-email = Enter your email address at work.
enter-organization-name-or-email = Enter your email address at work or your organization’s name.

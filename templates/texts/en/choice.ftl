# Choosing among one's organizations and accounts.
organizations-of = { $person } can go on to these.
your-organizations = Your organizations
search-organizations = Search your organizations
search = Search
no-organization-like-this = None of your organizations is called like this.
continue-personal = Continue with a personal account
pages-of-organizations = More of your organizations
previous-page = Previous
next-page = Next
choose-account = Choose an account
accounts = Accounts
continue-as = Continue as { $person }
use-another-account = Use another account
# Proving an address that several organizations have.
prove-address = Confirm your email address
prove-address-why = We send a code to { $address }. With it you see the organizations you can sign in to.
code-was-sent = Enter the six digits that we sent to { $address }.
code-for-organizations = Code
send-code = Send the code
use-another-address = Use another address
wrong-code-for-organizations = This code is not right, or it is too old. Check it, or go back and ask for another.

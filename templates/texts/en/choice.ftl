# Choosing among one's organizations and accounts.
organizations-of = { $person } can sign in to these organizations.
your-organizations = Your organizations
search-organizations = Search your organizations
search = Search
no-organization-like-this = None of your organizations matches your search.
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
prove-address-why = We will send a code to { $address }. Enter it to see the organizations you can sign in to.
code-was-sent = Enter the six digits we sent to { $address }.
code-for-organizations = Code
send-code = Send the code
use-another-address = Use another email address
wrong-code-for-organizations = This code is wrong or no longer valid. Check it, or go back and ask for a new one.

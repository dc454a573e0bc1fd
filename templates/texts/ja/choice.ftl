# 自分の組織とアカウントの選択。
organizations-of = { $person } は次の組織にサインインできます。
your-organizations = 所属する組織
search-organizations = 所属する組織を検索
search = 検索
no-organization-like-this = 所属する組織の中に、検索に一致するものはありません。
continue-personal = 個人アカウントで続ける
pages-of-organizations = 所属するその他の組織
previous-page = 前へ
next-page = 次へ
choose-account = アカウントを選択してください
accounts = アカウント
continue-as = { $person } として続ける
use-another-account = 別のアカウントを使用
# 複数の組織が持つアドレスの確認。
prove-address = メールアドレスの確認
prove-address-why = { $address } にコードをお送りします。コードを入力すると、サインインできる組織が表示されます。
code-was-sent = { $address } に送信した 6 桁の数字を入力してください。
code-for-organizations = コード
send-code = コードを送信
use-another-address = 別のメールアドレスを使用
wrong-code-for-organizations = このコードは正しくないか、有効期限が切れています。コードを確認するか、前の画面に戻って新しいコードを送信してください。

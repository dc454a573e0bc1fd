# サインイン前の組織の選択。
choose-your-organization = 組織を選択してください
choose-your-organization-for = 組織を選択してください – { $application }
used-on-this-device = このデバイスで使用した組織
organization-name = 組織名
organization-name-hint = 組織がサインインに使用する短い名前です。わからない場合は管理者にお問い合わせください。
no-organization = 組織に属していない場合
use-personal-account = 個人アカウントを使用
enter-organization-name = 組織名を入力してください。
organization-not-found = その組織は見つかりませんでした。入力内容を確認するか、管理者にお問い合わせください。
work-email = 職場のメールアドレス
work-email-hint = @ より後の部分から組織を探します。
organization-name-or-email = 職場のメールアドレスまたは組織名
organization-name-or-email-hint = 職場のメールアドレス、または組織がサインインに使用する短い名前です。
enter-work-email = 職場のメールアドレスを入力してください。
enter-organization-name-or-email = 職場のメールアドレスまたは組織名を入力してください。

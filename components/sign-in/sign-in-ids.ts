/** Ids of the sign-in document, by which its script finds what the page drew. */

export const SIGN_IN = {
  band: 'env-band',
  bandName: 'env-name',
  bandCluster: 'env-cluster',
  title: 'sign-in-title',
  cluster: 'sign-in-cluster',
  clusterName: 'sign-in-cluster-name',
  unreachable: 'sign-in-unreachable',
  build: 'sign-in-build',
  form: 'sign-in-form',
  setupTemplate: 'setup-form-template',
  setupForm: 'setup-form',
  /** Beside the fields of whichever form stands in the page. */
  username: 'username',
  password: 'password',
  showPassword: 'show-password',
  showPasswordWord: 'show-password-word',
  code: 'code',
  error: 'form-error',
  submit: 'form-submit',
} as const;

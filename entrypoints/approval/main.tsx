import { ApprovalScreen } from '@/components/payment/ApprovalScreen'
import { mount } from '@/components/shell/mount'

mount(<ApprovalScreen />)
